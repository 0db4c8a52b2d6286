package ticket_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// A watched store notes what is asked of it, in order.
type watched struct {
	ticket.Store
	asked []string
}

func (s *watched) Update(ctx context.Context, f func(ticket.Tx) error) error {
	return s.Store.Update(ctx, func(tx ticket.Tx) error { return f(watchedTx{tx, s}) })
}

type watchedTx struct {
	ticket.Tx
	store *watched
}

func (t watchedTx) note(what string) { t.store.asked = append(t.store.asked, what) }

func (t watchedTx) Try(f func() error) error { t.note("try"); return t.Tx.Try(f) }

func (t watchedTx) Next(counter string, first int64) (int64, error) {
	t.note("count " + counter)
	return t.Tx.Next(counter, first)
}

func (t watchedTx) Deduped(key string) (ticket.Notice, error) {
	t.note("look for a notice")
	return t.Tx.Deduped(key)
}

func (t watchedTx) Queue(n *ticket.Notice) (bool, error) {
	written, err := t.Tx.Queue(n)
	if written {
		t.note("write a notice to " + strings.Repeat("x", len(n.Recipients)))
	}
	return written, err
}

// TestLinksAreTheSameWork: what is read and written for who asks for a link to
// sign in is the same for an agent, for one who has asked just before, for one who
// may not sign in, and for a stranger. Only the agent's mail is kept.
func TestLinksAreTheSameWork(t *testing.T) {
	t.Parallel()
	w := withPage(t)
	w.change(func(p *ticket.Policy) {
		john := p.Agents["john"]
		john.Disabled = true
		p.Agents["john"], p.Page, p.Portal = john, "https://desk.bank.example", true
	})
	store := &watched{Store: w.desk.Store}
	w.desk.Store = store
	rung := 0
	w.desk.Wake = func() { rung++ }
	want := []string{"count links-asked", "look for a notice", "try", "count notice", "write a notice to x"}
	for i, address := range []string{jane, jane, "john@private.example", "nobody@private.example", "", "lead@private.example"} {
		store.asked = nil
		if err := w.desk.MailSignIn(t.Context(), address); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(store.asked, want) || rung != i+1 {
			t.Errorf("for %q the desk did %q and rang %d times, want %q and %d", address, store.asked, rung, want, i+1)
		}
	}
	sent := w.sent()
	if len(sent) != 1 || sent[0].Recipients[0].Address.Email != jane {
		t.Errorf("mailed %v, want one link to jane", mailed(sent))
	}
	w.now = w.now.Add(time.Minute)
	w.linkTo(jane)
}
