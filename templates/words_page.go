package templates

import (
	"fmt"
	htmltemplate "html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"deskpost/ticket"
)

// languageNames are the languages as those call them who speak them.
var languageNames = map[string]string{English: "English", "de": "Deutsch", "fr": "Français", "es": "Español"}

// sizes are how a language writes sizes, where that is not as in English: the
// units, and the sign before a fraction.
var sizes = map[string]*strings.Replacer{
	"de": strings.NewReplacer(".", ",", " bytes", "\u00a0Byte", " ", "\u00a0"),
	"fr": strings.NewReplacer(".", ",", " bytes", "\u00a0octets", " KiB", "\u00a0Kio", " MiB", "\u00a0Mio"),
	"es": strings.NewReplacer(".", ",", " ", "\u00a0"),
}

// Size writes a number of bytes.
func (w *Words) Size(n int64) string {
	s := ticket.ByteCount(n)
	if r, ok := sizes[w.lang]; ok {
		return r.Replace(s)
	}
	return s
}

// Field writes the value of a field. What the admin has named stays as it is.
func (w *Words) Field(f ticket.FieldFact) string {
	switch f.Type {
	case ticket.DateField:
		if day, err := time.Parse(time.DateOnly, f.Value); err == nil {
			return datings[w.lang].write(datings[w.lang].day, day)
		}
	case ticket.YesNoField:
		if f.Value == "yes" || f.Value == "no" {
			return w.Say("form." + f.Value)
		}
	}
	return f.Value
}

// Clock is the clock of a reader by its offset from UTC, such as "-0500", with a name
// that people read; false if that is none.
func Clock(offset string) (*time.Location, bool) {
	at, err := time.Parse("-0700", offset)
	if err != nil {
		return nil, false
	}
	_, seconds := at.Zone()
	return time.FixedZone(offsetName(seconds), seconds), true
}

// A choice is a language that a reader may choose.
type choice struct {
	Tag, Name string
	Chosen    bool
}

// choices are the languages there are, to be chosen from.
func (w *Words) choices() []choice {
	var all []choice
	for _, lang := range languages {
		all = append(all, choice{lang, languageNames[lang], lang == w.lang})
	}
	return all
}

// spokenPage reports whether a page is in every language: those for customers are,
// and what says that something went wrong.
func spokenPage(name string) bool { return strings.HasPrefix(name, "portal-") || name == "error" }

// pageFunctionsIn are what pages in a language may call.
func pageFunctionsIn(w *Words) htmltemplate.FuncMap {
	all := maps.Clone(pageFunctions)
	maps.Copy(all, htmltemplate.FuncMap{
		"say":      w.sayHTML,
		"language": w.Language,
		"choices":  w.choices,
		"size":     w.Size,
		"clock":    datings[w.lang].short,
		"field":    w.Field,
		"who":      who,
		"strong":   strong,
		"link":     link,
	})
	return all
}

// who is an address in a sentence, which may run in the other direction.
func who(address string) htmltemplate.HTML {
	return htmltemplate.HTML(`<strong dir="auto">` + htmltemplate.HTMLEscapeString(address) + `</strong>`)
}

// link is a part of a sentence that leads to a page of ours.
func link(path string, words htmltemplate.HTML) htmltemplate.HTML {
	return htmltemplate.HTML(fmt.Sprintf(`<a href="%s">%s</a>`, htmltemplate.HTMLEscapeString(path), words))
}

// Keys are those of all sentences.
func (w *Words) Keys() []string { return slices.Sorted(maps.Keys(w.sentences)) }
