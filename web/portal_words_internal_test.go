package web

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deskpost/templates"
	"deskpost/ticket"
)

// TestEverySentenceIsThere: the keys that the desk and the page say are in words/,
// and nothing is there that nobody says.
func TestEverySentenceIsThere(t *testing.T) {
	t.Parallel()
	pages, err := templates.LoadPages()
	if err != nil {
		t.Fatal(err)
	}
	keys := pages.Words(templates.English).Keys()
	var said []string
	for _, pattern := range []string{"../ticket/*.go", "*.go", "../templates/*.go", "../templates/web/*.html", "../templates/mail/*"} {
		list, err := filepath.Glob(pattern)
		if err != nil || len(list) == 0 {
			t.Fatalf("%s: %v, %v", pattern, list, err)
		}
		for _, file := range list {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, m := range regexp.MustCompile(`"([a-z]+\.[a-z0-9-]*[a-z0-9])"`).FindAllStringSubmatch(string(content), -1) {
				said = append(said, m[1])
				ours := regexp.MustCompile(`^(refused|fault|done|form|ask|my|page|thread|rating)\.`).MatchString(m[1])
				if ours && !slices.Contains(keys, m[1]) {
					t.Errorf("%s says %s, which is not in words/", file, m[1])
				}
			}
		}
	}
	for _, stands := range []ticket.Standing{ticket.StandsReceived, ticket.StandsInWork, ticket.StandsWaiting, ticket.StandsSolved, ticket.StandsClosed, ticket.StandsTogether} {
		said = append(said, "standing."+string(stands))
	}
	for _, key := range keys {
		made := regexp.MustCompile(`^rating\.stars-[1-5]$|^form\.(yes|no)$`).MatchString(key)
		if !made && !slices.Contains(said, key) {
			t.Errorf("nobody says %s", key)
		}
	}
}

// TestRefusalsSayTheSame: a refusal is worded for agents and for customers, and in
// English both are the same.
func TestRefusalsSayTheSame(t *testing.T) {
	t.Parallel()
	pages, err := templates.LoadPages()
	if err != nil {
		t.Fatal(err)
	}
	english, german := visitor{Words: pages.Words("en")}, visitor{Words: pages.Words("de")}
	form := regexp.MustCompile(`^[0-9]+$`)
	for _, tc := range []struct {
		field ticket.Field
		value string
	}{
		{ticket.Field{Type: ticket.TextField}, strings.Repeat("x", 501)},
		{ticket.Field{Type: ticket.TextField}, "a\x00b"},
		{ticket.Field{Type: ticket.TextField, Name: "Number", Pattern: form}, "x"},
		{ticket.Field{Type: ticket.TextField, Min: "3"}, "x"},
		{ticket.Field{Type: ticket.TextField, Max: "3"}, "xxxx"},
		{ticket.Field{Type: ticket.NumberField}, "many"},
		{ticket.Field{Type: ticket.NumberField, Min: "2"}, "1"},
		{ticket.Field{Type: ticket.DateField}, "soon"},
		{ticket.Field{Type: ticket.DateField, Max: "2026-01-01"}, "2026-12-24"},
		{ticket.Field{Type: ticket.YesNoField}, "perhaps"},
		{ticket.Field{Type: ticket.AddressField}, "no"},
		{ticket.Field{Type: ticket.URLField}, "no"},
	} {
		_, err := tc.field.Normal(tc.value)
		no, ok := errors.AsType[*ticket.Refusal](err)
		if !ok {
			t.Fatalf("%q of %+v: %v", tc.value, tc.field, err)
		}
		same := strings.NewReplacer("“", `"`, "”", `"`).Replace(english.refusal(no))
		if want := no.Text + "."; same != want {
			t.Errorf("%q, and for customers %q", want, same)
		}
		if said := german.refusal(no); said == english.refusal(no) || strings.Contains(said, "{") || said == no.Key {
			t.Errorf("in German %q", said)
		}
	}
	if got := german.refusal(&ticket.Refusal{Text: "nothing for customers"}); got != german.Say("fault.other") {
		t.Errorf("without a key: %q", got)
	}
}
