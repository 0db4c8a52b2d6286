package ticket_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deskpost/ticket"
)

var (
	customers    = []string{karen, bob, eve}
	familyBlocks = [][]string{
		{"#reply\n", "#reply\n", "#reply\n#pending\n", "#resolve\n", "#open\n#reply\n"},
		{"#merge %d\n", "#merge %d +cc\n", "#merge %d -cc\n"},
		{"#split 1\n", "#split 2\n", "#split %d/1\n"},
		{"#link %d blocks\n", "#link %d child\n", "#link %d parent\n", "#link %d duplicate\n", "#link %d\n", "#unlink %d\n"},
	}
	outsidersWords = regexp.MustCompile(`words of outsider \d{4}`)
)

// TestRandomFamilies merges, splits and links the tickets of three customers at
// random, and answers whatever was sent about them with all of it quoted. Every
// number leads to a ticket that goes on, nobody reads what was written where they
// did not take part, and every diary and link is true.
func TestRandomFamilies(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		l := &life{world: newWorld(t), total: map[ticket.Outcome]int{}}
		l.change(func(p *ticket.Policy) { p.Caps.AgentBurst = 0 })
		for _, customer := range customers {
			l.customerWrites(r, customer, nil)
		}
		for range rapid.IntRange(5, 14).Draw(r, "steps") {
			l.now = l.now.Add(time.Minute)
			switch rapid.IntRange(0, 9).Draw(r, "step") {
			case 0, 1:
				customer := rapid.SampledFrom(customers).Draw(r, "customer")
				l.customerWrites(r, customer, l.noticeTo(r, customer))
			case 2:
				l.now = l.now.Add(time.Duration(rapid.IntRange(1, 200).Draw(r, "hours")) * time.Hour)
				if _, err := l.desk.Tick(context.Background()); err != nil {
					r.Fatal(err)
				}
			default:
				l.janeWrites(r)
			}
			l.seen = append(l.seen, l.sent()...)
		}
		l.check(r) // what was wrong once is still to be seen
		l.verify(r)
	})
}

// customerWrites sends a customer's mail: an answer to a notice, or a new one.
func (l *life) customerWrites(r *rapid.T, customer string, n *ticket.Notice) {
	l.mails++
	m := from(customer, "About something", fmt.Sprintf("words of outsider %04d", l.mails))
	if n != nil {
		m = answer(*n, customer, m.NewText)
	}
	l.send(r, m)
	l.seen = append(l.seen, l.sent()...)
}

// noticeTo draws one of the notices that somebody has got, or none.
func (l *life) noticeTo(r *rapid.T, address string) *ticket.Notice {
	var got []ticket.Notice
	for _, n := range l.seen {
		if slices.ContainsFunc(n.Recipients, func(to ticket.Recipient) bool { return to.Address.Key() == address }) {
			got = append(got, n)
		}
	}
	if len(got) == 0 || rapid.IntRange(0, 4).Draw(r, "new") == 0 {
		return nil
	}
	got = got[max(0, len(got)-8):]
	return &got[rapid.IntRange(0, len(got)-1).Draw(r, "notice")]
}

// janeWrites answers a notice with commands and, below words of her own, quotes
// all that any customer ever wrote.
func (l *life) janeWrites(r *rapid.T) {
	n := l.noticeTo(r, jane)
	if n == nil {
		return
	}
	kind := rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2, 3}).Draw(r, "kind")
	block := rapid.SampledFrom(familyBlocks[kind]).Draw(r, "commands")
	if strings.Contains(block, "%d") {
		block = fmt.Sprintf(block, 1001+rapid.IntRange(0, 4).Draw(r, "number"))
	}
	var text strings.Builder
	if kind == 0 || rapid.IntRange(0, 3).Draw(r, "text") == 0 {
		text.WriteString("words of Jane\n")
		for i := range l.mails {
			fmt.Fprintf(&text, "> words of outsider %04d\n", i+1)
		}
	}
	l.send(r, answer(*n, jane, block+"\n"+text.String()))
}

// checkSecrecy: nobody is sent what was written on a ticket in which they did not
// take part by then.
func checkSecrecy(r *rapid.T, all []ticket.Case, n ticket.Notice) {
	if n.Agent != "" {
		return
	}
	for _, words := range outsidersWords.FindAllString(n.Facts.Text, -1) {
		for _, to := range n.Recipients {
			if !mayHaveRead(all, to.Address, words) {
				r.Fatalf("%s of ticket %d tells %s what was written elsewhere: %q", n.Kind, n.Ticket, to.Address.Email, n.Facts.Text)
			}
		}
	}
}

// mayHaveRead reports whether words stand in a thread that somebody took part in
// when they were written.
func mayHaveRead(all []ticket.Case, a ticket.Address, words string) bool {
	for _, c := range all {
		i := slices.IndexFunc(c.Participants, func(p ticket.Participant) bool { return p.Address.Key() == a.Key() })
		if i < 0 {
			continue
		}
		p := c.Participants[i]
		for _, e := range c.Entries {
			if strings.Contains(e.Text, words) && e.Kind == ticket.Message && !e.Held && (p.Role == ticket.RoleRequester || !p.Since.After(e.At)) {
				return true
			}
		}
	}
	return false
}
