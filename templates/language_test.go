package templates

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"deskpost/ticket"
)

// inLanguage is the sample of a kind in a language.
func inLanguage(kind ticket.NoticeKind, lang string) ticket.Notice {
	n := fullSample(kind)
	n.Facts.Language = lang
	return n
}

// alike are the sentences that are the same as in English.
var alike = map[string]bool{"de refused.field": true, "es refused.field": true, "es form.no": true, "fr thread.message": true}

func TestEveryLanguageSaysTheSame(t *testing.T) {
	t.Parallel()
	all, err := loadWords(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range languages {
		if _, there := datings[lang]; !there {
			t.Errorf("%s has no way of writing dates", lang)
		}
		for key, s := range all[lang].sentences {
			english := all[English].sentences[key]
			if lang != English && s.other == english.other && !alike[lang+" "+key] {
				t.Errorf("%s: %s is the English sentence: %q", lang, key, s.other)
			}
			if strings.Contains(s.other+s.one, "'") || strings.Contains(s.other+s.one, `"`) {
				t.Errorf("%s: %s has typewriter quotes: %q", lang, key, s.other+s.one)
			}
		}
	}
	before := regexp.MustCompile(`[^\x{a0}][:;?!»]|«[^\x{a0}]`)
	for key, s := range all["fr"].sentences {
		if bad := before.FindString(strings.ReplaceAll(s.other+s.one, "https://", "")); bad != "" {
			t.Errorf("fr: %s: %q needs a no-break space", key, bad)
		}
	}
}

// What only the tests of templates would notice is found at the start: a language
// that lacks a sentence, or one of its words in braces.
func TestGapsStopTheStart(t *testing.T) {
	t.Parallel()
	want := map[string]sentence{"a.b": {other: "{n} mails", one: "{n} mail"}, "a.c": {other: "x"}}
	for name, got := range map[string]map[string]sentence{
		"there is no a.c":               {"a.b": {other: "{n} Mails", one: "{n} Mail"}},
		"a.b does not have the words":   {"a.b": {other: "Mails", one: "Mail"}, "a.c": {other: "y"}},
		"or the forms":                  {"a.b": {other: "{n} Mails"}, "a.c": {other: "y"}},
		"a.d replaces no built-in":      {"a.b": {other: "{n} Mails", one: "{n} Mail"}, "a.c": {other: "y"}, "a.d": {other: "z"}},
		"nothing fills in {k}":          {"a.b": {other: "{n} {k}", one: "{n} Mail"}, "a.c": {other: "y"}},
		"a.c: nothing fills in {quota}": {"a.b": {other: "{n} Mails", one: "{n} Mail"}, "a.c": {other: "{quota}"}},
	} {
		if err := sameWords("words/de.toml", got, want); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
	if err := sameWords("words/de.toml", want, want); err != nil {
		t.Error(err)
	}
}

// No mail in any language shows a key, a word in braces that nothing filled in, or
// the English sentence.
func TestNothingIsLeftUntranslated(t *testing.T) {
	t.Parallel()
	set := load(t, nil)
	all, err := loadWords(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range ticket.NoticeKinds {
		for _, lang := range languages {
			r := words(t, set, inLanguage(kind, lang))
			want := lang
			if kind.ToAgent() {
				want = English
			}
			if r.Language != want || !strings.Contains(r.HTML, `<html lang="`+want+`">`) {
				t.Errorf("%s in %s says that it is in %q", kind, lang, r.Language)
			}
			for what, s := range map[string]string{"subject": r.Subject, "text": r.Text, "HTML": r.HTML} {
				if strings.Contains(s, "%!") || what != "HTML" && inBraces.MatchString(s) {
					t.Errorf("%s in %s: the %s is not filled in:\n%s", kind, lang, what, s)
				}
				for key, english := range all[English].sentences {
					begins, _, _ := strings.Cut(english.other, "{")
					if strings.Contains(s, key) || want != English && len(begins) > 8 && strings.Contains(s, begins) {
						t.Errorf("%s in %s: the %s says %s in English, or its key:\n%s", kind, lang, what, key, s)
					}
				}
			}
		}
	}
}

// What a customer reads comes from the facts, which are people's, or from words/,
// which is translated: text that stands in a template itself has no translation.
func TestTemplatesForCustomersHaveNoWords(t *testing.T) {
	t.Parallel()
	action := regexp.MustCompile(`(?s)\{\{.*?\}\}|<[^>]*>`)
	word := regexp.MustCompile(`[A-Za-z]{2,}`)
	for _, kind := range ticket.NoticeKinds {
		if kind.ToAgent() {
			continue
		}
		for _, end := range []string{".txt", ".html"} {
			content, err := builtIn.ReadFile("mail/" + string(kind) + end)
			if err != nil {
				t.Fatal(err)
			}
			if left := word.FindString(action.ReplaceAllString(string(content), " ")); left != "" {
				t.Errorf("mail/%s%s says %q without asking words/", kind, end, left)
			}
		}
	}
}

// So it is with the pages for customers.
func TestPagesForCustomersHaveNoWords(t *testing.T) {
	t.Parallel()
	action := regexp.MustCompile(`(?s)\{\{.*?\}\}|<[^>]*>`)
	asides := regexp.MustCompile(`(?:aria-label|alt|title|placeholder)="[^"{]`)
	list, err := fs.Glob(webFiles, "web/*.html")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range list {
		if !spokenPage(strings.TrimSuffix(path.Base(file), ".html")) {
			continue
		}
		seen++
		content, err := webFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if left := regexp.MustCompile(`[A-Za-z]{2,}`).FindString(action.ReplaceAllString(string(content), " ")); left != "" {
			t.Errorf("%s says %q without asking words/", file, left)
		}
		if left := asides.FindString(string(content)); left != "" {
			t.Errorf("%s says %s without asking words/", file, left)
		}
	}
	if seen < 8 {
		t.Errorf("only %d pages were looked at", seen)
	}
}

func TestPlural(t *testing.T) {
	t.Parallel()
	s := map[string]sentence{"x.y": {one: "{n} demande", other: "{n} demandes"}}
	for _, tc := range []struct {
		lang string
		n    int
		want string
	}{{"fr", 0, "0 demande"}, {"fr", 1, "1 demande"}, {"fr", 2, "2 demandes"}, {"de", 0, "0 demandes"}, {"es", 1, "1 demande"}, {"en", 21, "21 demandes"}} {
		if got := (&Words{lang: tc.lang, sentences: s}).Say("x.y", "n", tc.n); got != tc.want {
			t.Errorf("%s, %d: %q", tc.lang, tc.n, got)
		}
	}
}

// A value is never read again: strangers choose some.
func TestValuesAreNotRead(t *testing.T) {
	t.Parallel()
	w := &Words{lang: English, sentences: map[string]sentence{"x.y": {other: "{a} & {b}"}}}
	if got := w.Say("x.y", "a", "{b}", "b", "<i>"); got != "{b} & <i>" {
		t.Errorf("text %q", got)
	}
	if got, err := w.sayHTML("x.y", "a", "{b}", "b", "<i>"); err != nil || got != "{b} &amp; &lt;i&gt;" {
		t.Errorf("HTML %q, %v", got, err)
	}
	for _, bad := range [][]any{{"a"}, {}} {
		if _, err := w.say("no.such", bad...); err == nil {
			t.Error("no error without a sentence")
		}
	}
}

func TestOverlayOfOneLanguage(t *testing.T) {
	t.Parallel()
	set := load(t, fstest.MapFS{
		"mail/ack.txt":       {Data: []byte(`{{define "subject"}}all{{end}}{{define "body"}}{{say "ack.arrived"}}{{end}}`)},
		"mail/de/ack.txt":    {Data: []byte(`{{define "subject"}}deutsch{{end}}{{define "body"}}Servus{{end}}`)},
		"mail/de/late.html":  {Data: []byte(`{{define "content"}}<p>spät</p>{{end}}`)},
		"words/fr.toml":      {Data: []byte("[ack]\narrived = \"Merci\u00a0!\"\n")},
		"words/.fr.toml.swp": {Data: []byte("x")},
	})
	for lang, want := range map[string]string{"en": "all: thank you for writing", "de": "deutsch: Servus", "fr": "all: Merci", "es": "all: Gracias", "xx": "all: thank you"} {
		r := words(t, set, inLanguage(ticket.NoticeAck, lang))
		if got := r.Subject + ": " + r.Text; !strings.HasPrefix(got, want) || !strings.Contains(r.HTML, strings.SplitN(want, ": ", 2)[1]) {
			t.Errorf("%s: %q, want %q; HTML:\n%s", lang, got, want, r.HTML)
		}
	}
	if r := words(t, set, inLanguage(ticket.NoticeLate, "de")); !strings.Contains(r.HTML, "spät") || !strings.HasPrefix(r.Text, "Guten Tag") {
		t.Errorf("of one file of two: %+v", r)
	}
	for file, want := range map[string]string{"mail/it/ack.txt": "mail/it are in no language", "words/it.toml": "words/it.toml replaces no", "mail/de/akc.txt": "mail/de/akc.txt replaces no"} {
		if _, err := Load(fstest.MapFS{file: {Data: []byte("x")}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
	for content, want := range map[string]string{"[ack]\narived = \"x\"": "ack.arived replaces no", "[ack]\nnumber = \"{nummer}\"": "nothing fills in {nummer}", "[ack": "words/de.toml", "[ack]\narrived = \"\"": "is empty", "[ack]\narrived = 1": "no text"} {
		if _, err := Load(fstest.MapFS{"words/de.toml": {Data: []byte(content)}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
}

func TestDatesByLanguage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 1, 7, 5, 0, 0, time.UTC)
	for lang, want := range map[string]string{
		"en": "Wed 1 Jul 2026, 09:05 CEST",
		"de": "Mittwoch, 1. Juli 2026, 09:05 Uhr (MESZ)",
		"fr": "mercredi 1er juillet 2026 à 09\u00a0h\u00a005 (CEST)",
		"es": "miércoles 1 de julio de 2026, 09:05\u00a0h (CEST)",
	} {
		if got := datings[lang].instant(at, "Europe/Berlin"); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
		d := datings[lang]
		for _, name := range slices.Concat(d.days[:], d.months[:]) {
			if name == "" {
				t.Errorf("%s lacks the name of a day or a month", lang)
			}
		}
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"":                                    "",
		"de":                                  "de",
		"de-CH,de;q=0.9,en;q=0.8":             "de",
		"en;q=0.5, fr-CA;q=0.9":               "fr",
		"es-419":                              "es",
		"ca, es;q=0.4":                        "es",
		"ca":                                  "",
		"it-IT,it;q=0.9,en-US;q=0.8,en;q=0.7": "en",
		"ja":                                  "",
		"*":                                   "",
		"de;q=0":                              "",
		"x-klingon":                           "",
		"de;;;":                               "",
		strings.Repeat("de,", 400):            "",
	} {
		if got := Accepted(field); got != want {
			t.Errorf("%q: %q, want %q", field, got, want)
		}
	}
}

func FuzzAccepted(f *testing.F) {
	for _, seed := range []string{"de-CH,de;q=0.9", "*", "", "en-US-u-hc-h12;q=1.000", "\\x00;q=", "de,;,fr"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		if got := Accepted(field); got != "" && !slices.Contains(languages, got) {
			t.Errorf("%q: %q", field, got)
		}
	})
}

func ExampleWords_Say() {
	all, _ := loadWords(nil)
	fmt.Println(all["de"].Say("ack.number", "number", 1042))
	// Output: Ihre Anfrage hat die Nummer 1042.
}
