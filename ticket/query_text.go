package ticket

import (
	"strings"
	"unicode"

	"deskpost/ticket/command"
)

// maxPhrases is how many words and phrases one query may search for.
const maxPhrases = 16

// listWords are the words that mean something in a query beside the statuses.
var listWords = []string{"mine", "myteams", "unassigned", "snoozed", "overdue", "all"}

// narrowByText searches for a word or a phrase.
func narrowByText(f *Filter, text string) error {
	if !strings.ContainsFunc(text, searchable) {
		return refuse(Invalid, "there is no word in %q to search for", text)
	}
	if len(f.Phrases) == maxPhrases {
		return refuse(Invalid, "these are more than %d words to search for: write those that stand together in quotes", maxPhrases)
	}
	f.Phrases = append(f.Phrases, text)
	return nil
}

// searchable reports whether a character is part of a word, or one by itself.
func searchable(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.So, r)
}

// cutPair cuts such as "dept:billing". Times and web addresses are none.
func cutPair(word string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(word, ":")
	ok = ok && !strings.HasPrefix(value, "//") && key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return !unicode.IsLetter(r) && r != '-'
	})
	return key, value, ok
}

// isState reports whether a word is a status, whole: the beginning of one is a
// word to search for.
func (p *Policy) isState(word string) bool {
	for _, name := range p.stateWords() {
		if command.Equal(name, word) {
			return true
		}
	}
	return false
}

// stateWords are what statuses are called in a query.
func (p *Policy) stateWords() []string {
	words := []string{string(New)}
	for key, name := range p.stateNames() {
		words = append(words, key, name)
	}
	return words
}

// slip is what to say of a search that has found nothing: a word of it may have
// been meant as another one. nil if none was.
func (p *Policy) slip(text string) error {
	words, err := command.Words(text)
	if err != nil {
		return refuse(Invalid, "%s", err)
	}
	known := append(p.stateWords(), listWords...)
	for _, word := range words {
		_, _, pair := cutPair(word.Text)
		if word.Quoted || pair || p.isState(word.Text) || strings.HasPrefix(strings.ToLower(word.Text), "due<") {
			continue
		}
		if meant := command.Suggest(word.Text, known); meant != "" && !command.Equal(meant, word.Text) {
			return refuse(Invalid, "nothing is found that says %q; did you mean %s? In quotes it is only searched for", word.Text, meant)
		}
	}
	return nil
}
