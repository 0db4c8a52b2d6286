package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

// tales are lives of tickets, each with the number that is asked about.
var tales = map[string]struct {
	live func(*tale)
	ask  ticket.Number
}{
	// A pause over the weekend on which clocks are put forward; a breach that is
	// told late, and taken back since the answer had come in time; a reopening.
	"weekend": {func(x *tale) {
		x.at("2026-03-27 15:00")
		opened := x.opens(karen, "Cannot sign in")
		x.at("2026-03-27 15:45")
		x.sent()
		x.at("2026-03-27 15:50")
		asked := x.answers(opened, ticket.NoticeNew, "jane@bank.example", "#pending\nWhich browser?", 0)
		x.at("2026-03-30 10:00")
		told := x.answers(asked, ticket.NoticeReply, karen, "Netscape.", 0)
		x.asleep("2026-03-30 15:30")
		x.at("2026-03-30 15:30")
		x.sent()
		x.at("2026-03-30 15:40")
		x.answers(told, ticket.NoticeMessage, "jane@bank.example", "Use another one.", 2*time.Hour)
		x.at("2026-03-30 16:00")
		solved := x.jane(ticket.FirstNumber, "#resolve\nIt works again.")
		x.at("2026-03-31 09:30")
		x.answers(solved, ticket.NoticeReply, karen, "It does not.", 0)
		x.at("2026-03-31 11:00")
	}, ticket.FirstNumber},
	// A reply that comes back, and one that comes back too late to matter.
	"returned": {func(x *tale) {
		x.at("2026-01-05 10:00")
		x.opens(karen, "Cannot sign in")
		x.at("2026-01-05 10:10")
		lost := x.jane(ticket.FirstNumber, "#reply\nTry again.")
		x.at("2026-01-05 10:20")
		x.bounces(lost)
		x.at("2026-01-05 10:30")
		late := x.jane(ticket.FirstNumber, "#reply\nTry once more.")
		x.at("2026-01-06 11:00")
		x.bounces(late)
		x.at("2026-01-06 12:00")
	}, ticket.FirstNumber},
	// Another plan half-way, which counts on from what was used, then another
	// priority, then a date.
	"terms": {func(x *tale) {
		x.at("2026-01-05 10:00")
		x.opens(karen, "Cannot sign in")
		x.at("2026-01-05 10:15")
		x.jane(ticket.FirstNumber, "#reply\nWe look into it.")
		x.at("2026-01-05 10:30")
		x.jane(ticket.FirstNumber, "#sla sev-b")
		x.at("2026-01-05 11:00")
		x.jane(ticket.FirstNumber, "#sla sev-a\n#emergency")
		x.at("2026-01-05 12:00")
		x.jane(ticket.FirstNumber, "#due 2026-01-07 12:00")
		x.at("2026-01-05 13:00")
	}, ticket.FirstNumber},
	// The older ticket goes on in the younger one, whose clocks count from its
	// beginning.
	"merged": {func(x *tale) {
		x.at("2026-01-02 16:30")
		x.opens(karen, "Cannot sign in")
		x.at("2026-01-05 09:10")
		x.opens(karen, "Still cannot sign in")
		x.at("2026-01-05 09:20")
		x.jane(ticket.FirstNumber, "#merge 1002")
		x.at("2026-01-05 09:40")
	}, ticket.FirstNumber},
	// A day off that was missing in the calendar takes a breach back. What waits
	// comes back by itself.
	"holiday": {func(x *tale) {
		x.at("2026-01-06 10:00")
		x.opens(karen, "Cannot sign in")
		x.at("2026-01-06 10:45")
		x.at("2026-01-06 11:00")
		x.sent()
		x.at("2026-01-06 11:30")
		x.closed(calendar.Holiday{Date: calendar.Date{Year: 2026, Month: time.January, Day: 6}, Name: "Epiphany"})
		x.at("2026-01-07 09:30")
		x.jane(ticket.FirstNumber, "#reply\n#pending 2d\nPlease wait.")
		x.at("2026-01-07 10:00")
	}, ticket.FirstNumber},
	"planless": {func(x *tale) {
		x.edit(func(p *ticket.Policy) {
			support := p.Departments["support"]
			support.Plan = ""
			p.Departments["support"] = support
		})
		x.at("2026-03-26 15:00")
		x.opens(karen, "Cannot sign in")
		x.at("2026-03-26 16:00")
		x.jane(ticket.FirstNumber, "#snooze 2026-03-28 10:00")
		x.at("2026-03-26 17:00")
	}, ticket.FirstNumber},
}

// TestExplain holds what "sla explain" prints of tickets to what an admin reads.
// (F51, F54)
func TestExplain(t *testing.T) {
	t.Parallel()
	for name, story := range tales {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTale(t)
			story.live(x)
			golden(t, filepath.Join("testdata", "sla", "explain", name+".want"), x.explains(story.ask))
		})
	}
}

// TestExplainIsWhatIsKept: the clocks that explain shows are those by which the
// desk lists and warns, and every step that it ever did is shown.
func TestExplainIsWhatIsKept(t *testing.T) {
	t.Parallel()
	for name, story := range tales {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTale(t)
			story.live(x)
			a := x.account(story.ask)
			if len(a.Wrong) > 0 {
				t.Errorf("it differs from what is kept: %q", a.Wrong)
			}
			kept, fired := x.kept(a.Ticket.Number)
			if a.History.Terms.Plan == nil {
				if len(kept)+len(fired) > 0 {
					t.Errorf("it has no plan, and clocks %v", kept)
				}
				return
			}
			j, err := realJournal(a, true)
			if err != nil {
				t.Fatal(err)
			}
			if shown := clocksOf(t, j.book.Clocks(), a.At); !slices.Equal(shown, kept) {
				t.Errorf("shown are\n%s\nkept are\n%s", strings.Join(shown, "\n"), strings.Join(kept, "\n"))
			}
			steps := 0
			for _, m := range a.Moments {
				for _, d := range m.Deeds {
					if strings.Contains(d.What, "step ") && d.Step {
						steps++
					}
				}
			}
			if steps != len(fired) {
				t.Errorf("%d steps are told of, %d were done", steps, len(fired))
			}
		})
	}
}

// kept are the clocks and the steps that the desk keeps of a ticket.
func (x *tale) kept(n ticket.Number) (clocks []string, fired []ticket.Fired) {
	x.t.Helper()
	err := x.desk.Store.View(x.t.Context(), func(tx ticket.Tx) error {
		all, err := tx.ClocksOf(n)
		if err != nil {
			return err
		}
		for _, c := range all {
			clocks = append(clocks, clockLine(c.Metric, c.Cycle, c.State, c.Budget, c.Started, c.Ended, c.Deadline, c.Breached))
		}
		slices.Sort(clocks)
		fired, err = tx.FiredOn(n)
		return err
	})
	if err != nil {
		x.t.Fatal(err)
	}
	return clocks, fired
}

func clocksOf(t *testing.T, clocks []*sla.Clock, now time.Time) (lines []string) {
	t.Helper()
	for _, c := range clocks {
		deadline, ok, err := c.Deadline()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			deadline = time.Time{}
		}
		breached, _, err := c.BreachedAt(now)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, clockLine(c.Metric, c.Cycle, c.State, c.Budget, c.Started, c.Ended, deadline, breached))
	}
	slices.Sort(lines)
	return lines
}

func clockLine(m sla.Metric, cycle int, s sla.State, budget time.Duration, instants ...time.Time) string {
	line := fmt.Sprintf("%s %d %s of %s", m, cycle, s, budget)
	for _, at := range instants {
		line += " " + at.UTC().Format(time.RFC3339)
	}
	return line
}

// TestSimulateTicketAsItIs: without changes a simulation of a ticket comes to what
// explain says of it.
func TestSimulateTicketAsItIs(t *testing.T) {
	t.Parallel()
	for name, story := range tales {
		if name == "planless" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTale(t)
			story.live(x)
			simulated, err := simulateTicket(x.desk.Policy(), x.account(story.ask), story.ask, simulationInput{})
			if err != nil {
				t.Fatal(err)
			}
			explained := x.explains(story.ask)
			if got, want := after(t, simulated, "\nResult at"), after(t, explained, "\nResult at"); got != want {
				t.Errorf("simulated:\n%s\nexplained:\n%s", got, want)
			}
			if got, want := counted(simulated), counted(explained); !slices.Equal(got, want) {
				t.Errorf("simulated days:\n%s\nexplained:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func after(t *testing.T, text, part string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, part)
	if !ok {
		t.Fatalf("no %q in\n%s", part, text)
	}
	return rest
}

// counted are the lines of days that say what was used.
func counted(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "  counted") {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestSimulateTicketUnderItsPlan: to name the plan that a ticket has had all along
// changes nothing.
func TestSimulateTicketUnderItsPlan(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"weekend", "returned", "merged"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTale(t)
			tales[name].live(x)
			ask := tales[name].ask
			simulated, err := simulateTicket(x.desk.Policy(), x.account(ask), ask, simulationInput{plan: "sev-a"})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := after(t, simulated, "\nResult at"), after(t, x.explains(ask), "\nResult at"); got != want {
				t.Errorf("simulated:\n%s\nexplained:\n%s", got, want)
			}
		})
	}
}
