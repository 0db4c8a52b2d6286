package ledgertest_test

import (
	"fmt"
	"slices"
	"strings"
)

// outcomesAt are the outcomes that a mail may have at a step of a conversation.
// What is not here may have any.
func outcomesAt(kind, step string) []string {
	switch {
	case kind == "broken" || kind == "corpus":
		return nil
	case step == "a" || step == "z":
		return []string{"opened"}
	case step == "v":
		return []string{"machine"}
	case kind == "commands":
		return []string{"commanded"}
	}
	return []string{"appended"}
}

// steps holds each conversation to its course: that each mail became what it
// should, and that each notice which follows from it was written once.
func (a *account) steps() {
	for _, c := range a.people.plan {
		for _, m := range c.first {
			a.step(m)
		}
		for _, m := range c.later {
			a.step(m)
		}
		a.complete(c)
	}
}

func (a *account) step(m *mail) {
	if !m.accepted {
		return
	}
	allowed := outcomesAt(m.conv.kind.name, m.step)
	for _, r := range a.byTag[m.tag] {
		if r.duplicate() {
			continue
		}
		if allowed != nil && !slices.Contains(allowed, r.outcome) {
			a.report.fail("mail %s (%s) became %s, want %s", m.tag, m.conv.kind.name, r.outcome, strings.Join(allowed, " or "))
		}
		if allowed != nil {
			a.follows(m, r)
		}
	}
}

// follows holds what the desk sent because of a mail to what was due.
func (a *account) follows(m *mail, r receipt) {
	owed := func(want int, what string, matches func(*notice) bool) {
		got := 0
		for _, n := range a.notices {
			if n.ticket == r.ticket && matches(n) {
				got++
			}
		}
		if got != want {
			a.report.fail("mail %s (%s) caused %d of %s, want %d", m.tag, m.conv.kind.name, got, what, want)
		}
	}
	told := func(kind string, agents ...string) {
		for _, agent := range agents {
			owed(1, "notice "+kind+" to "+agent, func(n *notice) bool { return n.kind == kind && n.agent == agent && n.entry == r.entry })
		}
	}
	handlers := []string{"jane", "john"}
	if r.source == "banking" {
		handlers = []string{"jane"}
	}
	switch {
	case r.outcome == "opened":
		told("new", handlers...)
		a.acknowledged(m, r, owed)
	case m.step == "b":
		told("message", handlers...)
	case m.conv.kind.name == "commands":
		if n := a.counted("transcript"); n < 20 { // an agent gets twenty in ten minutes at most
			owed(1, "transcript", func(n *notice) bool { return n.kind == "transcript" })
		}
	case m.step == "c":
		owed(1, "reply", func(n *notice) bool { return n.kind == "reply" && n.entry == r.entry })
	}
	if m.conv.kind.name == "bounces" && m.step == "c" || m.conv.kind.name == "unknown sender" && a.owesReceipt(m, r) {
		// Nobody has the ticket, so its lead hears of it.
		owed(1, "notice undeliverable to lead", func(n *notice) bool { return n.kind == "undeliverable" && n.agent == "lead" })
	}
}

// acknowledged holds a new ticket to its receipt: one, or a reason against it
// that this mail gives.
func (a *account) acknowledged(m *mail, r receipt, owed func(int, string, func(*notice) bool)) {
	want := 0
	if a.owesReceipt(m, r) {
		want = 1
	}
	owed(want, "receipt", func(n *notice) bool { return n.kind == "ack" })
}

// owesReceipt reports whether the desk has to acknowledge a mail. Whether it
// may leave that is in the diary; which reasons are good ones is known here.
func (a *account) owesReceipt(m *mail, r receipt) bool {
	reasons, err := rows(a.desk.db, fmt.Sprintf(`SELECT detail FROM events WHERE kind = 'not-acknowledged' AND ticket = %d`, r.ticket),
		func(s *string) []any { return []any{s} })
	if err != nil {
		a.report.fail("read the diary: %v", err)
	}
	for _, why := range reasons {
		switch {
		case strings.Contains(why, "not verified") && m.conv.kind.name == "bounces":
			return false
		case strings.Contains(why, "had lain in the mailbox") && a.desk.stepped:
			return false
		case strings.Contains(why, "within 24 h") && r.identity == "none": // delivered twice, each a mail of its own
			return false
		}
		a.report.fail("mail %s (%s) was not acknowledged: %s", m.tag, m.conv.kind.name, why)
	}
	return true
}

func (a *account) counted(kind string) int {
	n := 0
	for _, one := range a.notices {
		if one.kind == kind {
			n++
		}
	}
	return n
}

// complete holds a conversation to all its steps. One that waits for a receipt
// that was not due ends there.
func (a *account) complete(c *conversation) {
	if len(c.first) == 0 || !c.first[0].accepted {
		return
	}
	for _, answer := range c.kind.answers {
		if c.later[answer.step] != nil {
			continue
		}
		if all := a.byTag[c.first[0].tag]; answer.by != agentBox && len(all) > 0 && !a.owesReceipt(c.first[0], opener(all)) {
			return
		}
		a.report.fail("conversation %d (%s) has no step %s: %s got no mail %q", c.number, c.kind.name, answer.step, answer.by, answer.subject)
		return
	}
}

// opener is the receipt by which a ticket was opened.
func opener(all []receipt) receipt {
	for _, r := range all {
		if !r.duplicate() {
			return r
		}
	}
	return all[0]
}
