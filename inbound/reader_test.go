package inbound

import (
	"slices"
	"strings"
	"testing"

	"deskpost/inbound/mime"
)

func TestSpoken(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		accept, content string
		want            []string
	}{
		{"", "", nil},
		{"de-DE, en-US", "de-DE", []string{"de-DE", "en-US", "de-DE"}}, // Outlook
		{"", "fr", []string{"fr"}},
		{"en;q=0.3, es;q=0.8", "", []string{"es", "en"}},
		{"", "de (Deutsch), en", []string{"de", "en"}},
		{"*", "", []string{"mul"}},
		{"de, , ;;", "fr", []string{"fr"}},
		{strings.Repeat("de, ", 300) + "de", "fr", []string{"fr"}},
		{strings.Repeat("de, ", 20) + "de", "", slices.Repeat([]string{"de"}, maxLanguages)},
	} {
		h := mime.Header{{Name: "Accept-Language", Value: tc.accept}, {Name: "Content-Language", Value: tc.content}}
		if got := spoken(h); !slices.Equal(got, tc.want) {
			t.Errorf("%.30q, %q: %v, want %v", tc.accept, tc.content, got, tc.want)
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]string{
		"Tue, 3 Mar 2026 10:00:00 +0100":            "+0100",
		"Tue, 3 Mar 2026 10:00:00 +0100 (CET)":      "+0100",
		"Tue, 3 Mar 2026 10:00 -0330":               "-0330",
		"Tue, 3 Mar 2026 10:00:00 +0000":            "+0000",
		"Tue, 3 Mar 2026 10:00:00 -0000":            "",
		"Tue, 3 Mar 2026 10:00:00 EST":              "",
		"Tue, 3 Mar 2026 10:00:00 GMT":              "",
		"Tue, 3 Mar 2026 10:00:00 +9999":            "",
		"Tue, 3 Mar 2026 10:00:00 +0117":            "",
		"yesterday +0100":                           "",
		"":                                          "",
		strings.Repeat("1", 2000) + "0:00:00 +0100": "",
	} {
		if got := clock(mime.Header{{Name: "Date", Value: date}}); got != want {
			t.Errorf("%.50q: %q, want %q", date, got, want)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add("de-DE, en;q=0.5", "Tue, 3 Mar 2026 10:00:00 +0100 (CET)")
	f.Add("*;q=\x00(", "(( +0100")
	f.Fuzz(func(t *testing.T, languages, date string) {
		h := mime.Header{{Name: "Accept-Language", Value: languages}, {Name: "Content-Language", Value: languages}, {Name: "Date", Value: date}}
		if got := spoken(h); len(got) > maxLanguages || strings.ContainsAny(strings.Join(got, ""), " \r\n\x00,;") {
			t.Errorf("%q", got)
		}
		if got := clock(h); got != "" && len(got) != len("+0000") {
			t.Errorf("%q", got)
		}
	})
}
