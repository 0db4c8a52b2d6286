package ticket_test

import (
	"slices"
	"strings"
	"testing"

	"deskpost/ticket"
)

// TestDisabledAgentGetsNothing disables an agent while mail to them waits
// (F41).
func TestDisabledAgentGetsNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*ticket.Policy){
		"disabled": func(p *ticket.Policy) { a := p.Agents["jane"]; a.Disabled = true; p.Agents["jane"] = a },
		"removed":  func(p *ticket.Policy) { delete(p.Agents, "jane") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.take(from(karen, "Help", "text"))
			n := w.want(ticket.Opened)
			w.change(change)
			if got := mailed(w.sent()); !slices.Equal(got, []string{"ack:" + karen, "new:" + john}) {
				t.Errorf("sent %v", got)
			}
			dropped := slices.IndexFunc(w.show(n).Events, func(e ticket.Event) bool {
				return e.Kind == ticket.DeliveryFailed && e.After == jane && strings.Contains(e.Detail, "not at work here any more")
			})
			if dropped < 0 {
				t.Errorf("no reason in the diary: %+v", w.show(n).Events)
			}
			if due, err := w.desk.NextDue(t.Context()); err != nil || !due.IsZero() {
				t.Errorf("it is still due at %v, %v", due, err)
			}
		})
	}
}
