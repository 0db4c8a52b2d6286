package ticket

import (
	"slices"
	"strings"
	"unicode"
)

// AutoLanguage is the language of a department that writes to each customer in
// their own.
const AutoLanguage = "auto"

// languages are those in which customers are written to.
var languages = []string{"en", "de", "fr", "es"}

// Languages lists the languages in which customers are written to, by their tags of
// RFC 5646.
func Languages() []string { return slices.Clone(languages) }

// LanguageFor is the language in which a department writes to a customer, by its
// tag of RFC 5646. What the department is set to counts; where that is AutoLanguage
// it is the customer's, and where that is not known ("") that of the nearest
// department above which has one, then the desk's.
func (p *Policy) LanguageFor(department, customer string) string {
	for i, key := range p.Lineage(department) {
		switch set := p.Departments[key].Language; {
		case set != AutoLanguage && set != "":
			return set
		case i == 0 && customer != "":
			return customer
		}
	}
	return p.Language
}

// Limits of what a language is guessed from, and of what is called sure.
const (
	guessBytes = 8 << 10 // of a text; whoever has written so much has shown their language
	guessHits  = 2       // words that the language must have at least
	guessRarer = 5       // one word in so many must be of it
	guessAhead = 4       // how many words that another language lacks there must be to each that only the other has
)

// Guess is the language of ours that a text is written in, "" where that is not
// sure: where the text is too short, of two languages, or in none of ours. What it
// says hangs on the text alone.
func Guess(text string) string {
	if len(text) > guessBytes {
		text = strings.ToValidUTF8(text[:guessBytes], "")
	}
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
	slices.Sort(words)
	words = slices.Compact(words) // who says a word again says nothing more
	best, hits := 0, 0
	for i, t := range tongues {
		if n := t.hits(words); n > hits {
			best, hits = i, n
		}
	}
	if hits < guessHits || hits*guessRarer < len(words) || !slices.Contains(languages, tongues[best].language) {
		return ""
	}
	for i, t := range tongues {
		if own, theirs := tongues[best].ahead(t, words); i != best && (own == 0 || own < guessAhead*theirs) {
			return ""
		}
	}
	return tongues[best].language
}

// hits is how many of some words are of a language.
func (t tongue) hits(words []string) int {
	n := 0
	for _, w := range words {
		if t.words[w] {
			n++
		}
	}
	return n
}

// ahead counts the words that only one of two languages has. Neighbours share many,
// which tell nothing.
func (t tongue) ahead(other tongue, words []string) (own, theirs int) {
	for _, w := range words {
		switch {
		case t.words[w] && !other.words[w]:
			own++
		case other.words[w] && !t.words[w]:
			theirs++
		}
	}
	return own, theirs
}
