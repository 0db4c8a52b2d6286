package ticket_test

import (
	"testing"

	"deskpost/ticket"
)

// TestLanguageFor: what a department is set to counts, then what is known of the
// customer, then what the departments above are set to, then the desk.
func TestLanguageFor(t *testing.T) {
	t.Parallel()
	p := policy()
	grow(p)
	p.Language = "es"
	set := func(department, language string) {
		d := p.Departments[department]
		d.Language = language
		p.Departments[department] = d
	}
	set("support", "de")
	set("network", ticket.AutoLanguage)
	set("routers", "fr")
	set("online-banking", ticket.AutoLanguage)
	for _, tc := range []struct{ department, customer, want string }{
		{"support", "fr", "de"}, {"support", "", "de"},
		{"network", "fr", "fr"}, {"network", "", "de"},
		{"routers", "en", "fr"},
		{"online-banking", "en", "en"}, {"online-banking", "", "es"},
		{"nowhere", "", "es"},
	} {
		if got := p.LanguageFor(tc.department, tc.customer); got != tc.want {
			t.Errorf("%s to a customer of %q: %q, want %q", tc.department, tc.customer, got, tc.want)
		}
	}
}
