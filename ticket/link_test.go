package ticket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// several is a world with some tickets of Karen's, from 1001, and what Jane got of
// each.
func several(t *testing.T, tickets int) (*world, []ticket.Notice) {
	t.Helper()
	w := newWorld(t)
	var fresh []ticket.Notice
	for i := range tickets {
		w.take(from(karen, fmt.Sprintf("Ticket %d", 1001+i), "Text."))
		w.want(ticket.Opened)
		fresh = append(fresh, to(t, w.sent(), ticket.NoticeNew, jane))
	}
	return w, fresh
}

// run sends commands of Jane's and reads the results.
func (w *world) run(n ticket.Notice, block string) []string {
	w.t.Helper()
	w.now = w.now.Add(time.Minute)
	w.take(answer(n, jane, block))
	kind := ticket.NoticeTranscript
	if w.last.Outcome == ticket.CommandHeld {
		kind = ticket.NoticeHeld
	}
	return results(w.t, w.sent(), kind, jane)
}

// seen is how the links of a ticket stand in its diary.
func (w *world) seen(n ticket.Number) string {
	w.t.Helper()
	return strings.Join(ticket.Replay(w.part(n).Events).Links(), ", ")
}

// TestLink makes every kind of link, and looks at it from both sides.
func TestLink(t *testing.T) {
	t.Parallel()
	for word, want := range map[string][2]string{
		"":           {"related to 1002", "related to 1001"},
		" related":   {"related to 1002", "related to 1001"},
		" duplicate": {"duplicate of 1002", "has duplicate 1001"},
		" blocks":    {"blocks 1002", "blocked by 1001"},
		" blocked":   {"blocked by 1002", "blocks 1001"},
		" child":     {"child of 1002", "parent of 1001"},
		" par":       {"parent of 1002", "child of 1001"},
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			w, fresh := several(t, 2)
			same(t, "results", w.run(fresh[0], "#link 1002"+word+"\n#show"), []string{"#link 1002" + word + ": " + want[0] + ": Ticket 1002", "#show: see below"})
			if a, b := w.seen(1001), w.seen(1002); a != want[0] || b != want[1] {
				t.Errorf("1001 is %q, and 1002 is %q", a, b)
			}
			same(t, "again", w.run(fresh[0], "#link 1002"+word), []string{"#link 1002" + word + ": " + want[0] + " already"})
			w.audit()
			same(t, "results", w.run(fresh[1], "#unlink 1001"), []string{"#unlink 1001: no longer " + want[1]})
			if a, b := w.seen(1001), w.seen(1002); a != "" || b != "" {
				t.Errorf("1001 is %q, and 1002 is %q", a, b)
			}
			w.audit()
		})
	}
}

// TestLinksShown: #show names the links with how the other ticket stands, those of
// the same mail too.
func TestLinksShown(t *testing.T) {
	t.Parallel()
	w, fresh := several(t, 3)
	w.run(fresh[0], "#link 1002 blocks")
	w.run(fresh[1], "#close")
	w.take(answer(fresh[0], jane, "#show\n#link 1003 child"))
	report := to(t, w.sent(), ticket.NoticeTranscript, jane).Facts.Report
	if i := slices.Index(report, "blocks 1002 (closed)"); i < 0 || report[i+1] != "child of 1003 (new)" {
		t.Errorf("shown %q", report)
	}
}

// TestLinkRefused holds refusals to their words.
func TestLinkRefused(t *testing.T) {
	t.Parallel()
	w, fresh := several(t, 4)
	w.run(fresh[3], "#dept online-banking")
	w.run(fresh[0], "#link 1002 child")
	w.run(fresh[1], "#link 1003 child")
	w.change(func(p *ticket.Policy) { delete(p.Agents["jane"].Access, "online-banking") })
	for block, want := range map[string]string{
		"#link":                                 "which ticket? Write its number, as in #link 1234 blocks",
		"#link blocks 1002":                     "which ticket? Write its number, as in #link 1234 blocks",
		"#unlink":                               "which ticket? Write its number, as in #unlink 1234 blocks",
		"#link 1001":                            "a ticket can not be linked to itself",
		"#link 1004":                            "there is no ticket 1004 that you may read",
		"#link 1002 friend":                     "which link? There are: duplicate, blocks, blocked, child, parent, related",
		"#link 1002 b":                          "ambiguous: blocked, blocks",
		"#link 1003 parent":                     "parent of 1003 would lead in a circle: other links lead from 1001 back to 1003",
		"#unlink 1003":                          "there is no such link with ticket 1003",
		"#unlink 1002 parent":                   "there is no such link with ticket 1002",
		"#link 1003 blocks\n#link 1003 blocked": "blocked by 1003 would lead in a circle: other links lead from 1001 back to 1003",
	} {
		got := w.run(fresh[0], block)
		w.want(ticket.CommandHeld)
		if last := got[len(got)-1]; !strings.HasSuffix(last, ": "+want) {
			t.Errorf("%s: %s", block, last)
		}
	}
	w.change(func(p *ticket.Policy) { p.Agents["jane"].Access["support"] = "reader" })
	if got := w.run(fresh[0], "#link 1003")[0]; !strings.Contains(got, `needs the right "link" in Support`) {
		t.Error(got)
	}
	if got := w.seen(1001); got != "child of 1002" {
		t.Errorf("1001 is %q", got)
	}
	w.audit()
}

// TestBlockedIsResolved warns of what blocks a ticket, and of its children, and
// does as it is told.
func TestBlockedIsResolved(t *testing.T) {
	t.Parallel()
	w, fresh := several(t, 4)
	w.run(fresh[0], "#link 1002 blocked\n#link 1003 parent\n#link 1004 blocks")
	same(t, "results", w.run(fresh[0], "#resolve"), []string{"#resolve: new -> resolved; note that it is blocked by 1002, which is new; note that it is parent of 1003, which is new"})
	w.run(fresh[1], "#close")
	w.run(fresh[0], "#open")
	same(t, "results", w.run(fresh[0], "#close\n#unlink 1003"), []string{"#close: open -> closed", "#unlink 1003: no longer parent of 1003"})
}

// TestMergeMovesLinks: links go on with the ticket. Those that would make no sense
// there end.
func TestMergeMovesLinks(t *testing.T) {
	t.Parallel()
	w, fresh := several(t, 5)
	w.run(fresh[1], "#link 1001 duplicate\n#link 1003 blocked\n#link 1004 related\n#link 1005 child")
	w.run(fresh[0], "#link 1004 related\n#link 1005 parent")
	w.run(fresh[1], "#merge 1001")
	w.want(ticket.Commanded)
	for n, want := range map[ticket.Number]string{1001: "blocked by 1003, parent of 1005, related to 1004", 1002: "", 1003: "blocks 1001",
		1004: "related to 1001", 1005: "child of 1001"} {
		if got := w.seen(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	same(t, "by the old number", w.run(fresh[3], "#link 1002 blocks"), []string{"#link 1002 blocks: blocks 1001: Ticket 1001"})
	w.audit()
}

// TestFollowUpIsLinked: what is written when a ticket is long over opens one that
// is linked to it.
func TestFollowUpIsLinked(t *testing.T) {
	t.Parallel()
	w, fresh := several(t, 1)
	w.run(fresh[0], "#resolve")
	w.now = w.now.AddDate(0, 0, 8)
	w.take(from(karen, "Re: [#1001] Ticket 1001", "It is back."))
	n := w.want(ticket.Opened)
	if a, b := w.seen(n), w.seen(1001); a != "follow-up of 1001" || b != fmt.Sprintf("followed up by %d", n) {
		t.Errorf("%d is %q, and 1001 is %q", n, a, b)
	}
	w.audit()
}
