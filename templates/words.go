package templates

import (
	"embed"
	"errors"
	"fmt"
	"html"
	htmltemplate "html/template"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

//go:embed words
var wordFiles embed.FS

func wordsFile(lang string) string { return "words/" + lang + ".toml" }

// Words are the sentences that customers read, in one language, by key:
// "ack.number" is the key number of the table ack in words/LANGUAGE.toml. They do
// not change.
type Words struct {
	lang      string
	sentences map[string]sentence
}

// A sentence has words in braces that are filled in. One whose form depends on a
// number has another form for one of something; all others are of the same form in
// the languages that there are (French has its singular for zero too).
type sentence struct {
	other string
	one   string // "" if it depends on no number
}

// Language is the language of the words, by its tag of RFC 5646.
func (w *Words) Language() string { return w.lang }

// Say fills in a sentence: names and values alternate. Where the sentence has
// forms of the plural, the value of n chooses. A key that there is not is a
// mistake in the program, which its tests find; its reader would be shown the key.
func (w *Words) Say(key string, values ...any) string {
	s, err := w.say(key, values...)
	if err != nil {
		return key
	}
	return s
}

// say is Say for templates, which stop at an error.
func (w *Words) say(key string, values ...any) (string, error) {
	return w.fill(key, func(s string) string { return s }, values)
}

// sayHTML is say for HTML: the sentence and its values are escaped, but for those
// that are HTML themselves.
func (w *Words) sayHTML(key string, values ...any) (htmltemplate.HTML, error) {
	values = slices.Clone(values)
	for i := 1; i < len(values); i += 2 {
		if _, ready := values[i].(htmltemplate.HTML); ready || values[i-1] == "n" {
			continue
		}
		values[i] = html.EscapeString(fmt.Sprint(values[i]))
	}
	s, err := w.fill(key, html.EscapeString, values)
	return htmltemplate.HTML(s), err
}

// fill finds a sentence and puts the values into it, in one pass: no value is read
// for braces.
func (w *Words) fill(key string, escape func(string) string, values []any) (string, error) {
	s, ok := w.sentences[key]
	if !ok {
		return "", fmt.Errorf("there is no sentence %q in %s", key, wordsFile(w.lang))
	}
	if len(values)%2 != 0 {
		return "", fmt.Errorf("sentence %q: the last value has no name, or the last name no value", key)
	}
	text, pairs := s.other, make([]string, 0, len(values))
	for i := 0; i < len(values); i += 2 {
		if n, number := values[i+1].(int); number && values[i] == "n" && s.one != "" && w.single(n) {
			text = s.one
		}
		pairs = append(pairs, fmt.Sprintf("{%v}", values[i]), fmt.Sprint(values[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(escape(text)), nil
}

// single reports whether so many of something have the form of one
// (Unicode CLDR, plural rules, cardinal "one").
func (w *Words) single(n int) bool { return n == 1 || n == 0 && w.lang == "fr" }

// loadWords reads the words of every language: the built-in ones, and over them
// those of the operator by the names of their files. All languages must have the
// same sentences with the same words in braces, so that nobody finds a gap by
// writing in another language.
func loadWords(over map[string]string) (map[string]*Words, error) {
	all := map[string]*Words{}
	for _, lang := range languages {
		content, err := wordFiles.ReadFile(wordsFile(lang))
		if err != nil {
			return nil, fmt.Errorf("read the words: %w", err)
		}
		w := &Words{lang: lang}
		if w.sentences, err = parseWords(wordsFile(lang), string(content)); err != nil {
			return nil, err
		}
		all[lang] = w
	}
	var faults []error
	for _, lang := range languages[1:] {
		faults = append(faults, sameWords(wordsFile(lang), all[lang].sentences, all[English].sentences))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	for _, lang := range languages {
		name := wordsFile(lang)
		mine, err := parseWords(name, over[name])
		if err == nil {
			err = knownWords(name, mine, all[lang].sentences)
		}
		if err != nil {
			faults = append(faults, err)
			continue
		}
		maps.Copy(all[lang].sentences, mine)
	}
	return all, errors.Join(faults...)
}

// parseWords reads a file of sentences: tables of sentences by key, and in place
// of a sentence a table of its forms.
func parseWords(name, content string) (map[string]sentence, error) {
	var tables map[string]map[string]any
	if err := toml.Unmarshal([]byte(content), &tables); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	all := map[string]sentence{}
	for table, rows := range tables {
		for key, value := range rows {
			switch v := value.(type) {
			case string:
				all[table+"."+key] = sentence{other: v}
			case map[string]any:
				one, _ := v["one"].(string)
				other, _ := v["other"].(string)
				if len(v) != 2 || one == "" || other == "" {
					return nil, fmt.Errorf("%s: %s.%s: the forms of a sentence are one and other", name, table, key)
				}
				all[table+"."+key] = sentence{one: one, other: other}
			default:
				return nil, fmt.Errorf("%s: %s.%s is no text", name, table, key)
			}
		}
	}
	for key, s := range all {
		if strings.TrimSpace(s.other) == "" {
			return nil, fmt.Errorf("%s: %s is empty", name, key)
		}
	}
	return all, nil
}

// inBraces are the words of a sentence that are filled in.
var inBraces = regexp.MustCompile(`\{[^{}]*\}`)

func (s sentence) slots() []string {
	found := inBraces.FindAllString(s.other+s.one, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// sameWords demands of a language the sentences of English, and their slots.
func sameWords(name string, got, want map[string]sentence) error {
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(want)) {
		s, ok := got[key]
		if !ok {
			faults = append(faults, fmt.Errorf("%s: there is no %s", name, key))
		} else if !slices.Equal(s.slots(), want[key].slots()) || (s.one == "") != (want[key].one == "") {
			faults = append(faults, fmt.Errorf("%s: %s does not have the words in braces, or the forms, that English has", name, key))
		}
	}
	return errors.Join(append(faults, knownWords(name, got, want))...)
}

// knownWords refuses sentences that nothing says, and words in braces that nothing
// fills in.
func knownWords(name string, got, known map[string]sentence) error {
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(got)) {
		ours, ok := known[key]
		if !ok {
			faults = append(faults, fmt.Errorf("%s: %s replaces no built-in sentence", name, key))
			continue
		}
		for _, slot := range got[key].slots() {
			if !slices.Contains(ours.slots(), slot) {
				faults = append(faults, fmt.Errorf("%s: %s: nothing fills in %s; there is %s", name, key, slot, strings.Join(ours.slots(), ", ")))
			}
		}
	}
	return errors.Join(faults...)
}
