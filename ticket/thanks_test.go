package ticket_test

import (
	"slices"
	"testing"
	"time"

	"deskpost/ticket"
)

// resolvedWorld is a world with a resolved ticket of Jane's.
func resolvedWorld(t *testing.T, block string) (*world, ticket.Number) {
	t.Helper()
	w, n, _ := opened(t)
	w.change(func(p *ticket.Policy) { p.Thanks = true })
	w.command(n, jane, "#take\n"+block)
	return w, n
}

// TestThanksAreTold once, as what they are, and start no clock.
func TestThanksAreTold(t *testing.T) {
	t.Parallel()
	w, n := resolvedWorld(t, "#resolve")
	w.now = w.now.Add(time.Hour)
	w.take(from(karen, "Re: [#1001]", "Thank you!"))
	out := w.sent()
	if got := mailed(out); !slices.Equal(got, []string{"message:" + jane}) {
		t.Errorf("mailed %v", got)
	}
	told := to(t, out, ticket.NoticeMessage, jane).Facts
	if told.Reopened != "" || !slices.Contains(told.Remarks, "it only says thanks: the ticket stays resolved") || told.Status != "resolved" {
		t.Errorf("told %+v", told)
	}
	c := w.show(n)
	if !c.Ticket.SpokenAt.Equal(w.now) || !slices.Contains(c.Entries[1].Remarks, "it only says thanks: the ticket stays resolved") {
		t.Errorf("spoken at %s, entry %+v", c.Ticket.SpokenAt, c.Entries[1])
	}
}

// TestThanksWhereTheyAreMore: on a ticket that is not over, with something
// attached, beyond the window, or where the admin wants to see them.
func TestThanksWhereTheyAreMore(t *testing.T) {
	t.Parallel()
	thank := func() ticket.Mail { return from(karen, "Re: [#1001]", "Thanks!") }
	for name, c := range map[string]struct {
		block string
		do    func(*world, *ticket.Mail)
		want  string
	}{
		"resolved": {"#resolve", nil, "resolved"},
		"closed":   {"#close", nil, "closed"},
		"pending":  {"#pending", nil, "open"},
		"new":      {"#note\nhm", nil, "new"},
		"logo":     {"#resolve", func(_ *world, m *ticket.Mail) { m.Files = []ticket.File{{Name: "logo.png", Inline: true, Size: 2000}} }, "resolved"},
		"picture": {"#resolve", func(_ *world, m *ticket.Mail) {
			m.Files = []ticket.File{{Name: "screen.png", Inline: true, Size: 90000}}
		}, "open"},
		"file":           {"#resolve", func(_ *world, m *ticket.Mail) { m.Files = []ticket.File{{Name: "log.txt", Size: 10}} }, "open"},
		"too large":      {"#resolve", func(_ *world, m *ticket.Mail) { m.Oversize = true }, "open"},
		"more":           {"#resolve", func(_ *world, m *ticket.Mail) { m.NewText = "Thanks, but it still fails" }, "open"},
		"switched off":   {"#resolve", func(w *world, _ *ticket.Mail) { w.change(func(*ticket.Policy) {}) }, "open"},
		"after a week":   {"#resolve", func(w *world, _ *ticket.Mail) { w.now = w.now.AddDate(0, 0, 8) }, "resolved"},
		"by a program":   {"#resolve", func(_ *world, m *ticket.Mail) { m.Machine = ticket.AutoReplied }, "resolved"},
		"by a stranger":  {"#resolve", func(_ *world, m *ticket.Mail) { m.From.Email = "mallory@evil.example" }, "resolved"},
		"by an own name": {"#resolve", func(_ *world, m *ticket.Mail) { m.From.Name, m.NewText = "Bob Still", "Thanks!\n\nBob Still" }, "resolved"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, n := resolvedWorld(t, c.block)
			m := thank()
			if c.do != nil {
				c.do(w, &m)
			}
			w.take(m)
			if got := w.state(n); got != c.want {
				t.Errorf("the ticket is %s, want %s", got, c.want)
			}
			w.replays(n)
		})
	}
}
