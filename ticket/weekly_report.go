package ticket

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Tally is what happened in a department in some time, and what stands there at
// its end. Times are real ones, not working time.
type Tally struct {
	Opened     []time.Time // when tickets were, in order
	Ended      []time.Time // when tickets were resolved or closed that still are, in order
	OpenByAge  []int       // what is unfinished: as many as TallyAges has bounds, and one more for what is older
	FirstMet   int         // of the tickets opened: the first answer was in time
	FirstLate  int         // it was late, or is
	Answers    []time.Duration
	Solutions  []time.Duration
	Open       map[string]int // by assignee; "" is nobody
	Replies    map[string]int // public ones in that time, by agent
	EndedByWho map[string]int // by assignee
	Ratings    []int          // that requesters gave in that time, the latest of each ticket
}

// TallyAges are the bounds by which unfinished tickets are counted.
var TallyAges = []time.Duration{24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}

// TallyAgeNames are what people call them.
var TallyAgeNames = []string{"under a day", "1 to 3 days", "3 to 7 days", "1 to 4 weeks", "older"}

// weeklyReport is what happened in the departments that an agent leads, or that
// nobody leads and the agent is an admin, since the last report. It is nil if there are none.
func (t *turn) weeklyReport(a Agent, last time.Time) (*Notice, error) {
	led := t.led(a.Key)
	state, err := t.state(a.Key)
	if err != nil || len(led) == 0 || !state.wants(NoticeWeeklyReport) {
		return nil, err
	}
	n := t.reportTo(a, NoticeWeeklyReport, led[0])
	zone := t.policy.ZoneOf(a)
	n.Facts.Verdict = fmt.Sprintf("%s to %s", last.In(zone).Format("Mon 2 Jan 2006, 15:04"), t.now.In(zone).Format("Mon 2 Jan 2006, 15:04 MST"))
	for i, d := range led {
		tally, err := t.tx.Tally(d, last, t.now)
		if err != nil {
			return nil, fmt.Errorf("count what happened in %s: %w", d, err)
		}
		if i > 0 {
			n.Facts.Report = append(n.Facts.Report, "")
		}
		n.Facts.Report = append(n.Facts.Report, t.policy.PathName(d), "")
		n.Facts.Report = append(n.Facts.Report, t.policy.tallyLines(tally)...)
	}
	return n, nil
}

// led are the departments that an agent leads, or that nobody leads and the agent
// is an admin, sorted.
func (t *turn) led(agent string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(t.policy.Departments)), func(d string) bool { return !slices.Contains(t.leads(d), agent) })
}

// tallyLines write a tally as a table.
func (p *Policy) tallyLines(y Tally) []string {
	line := func(what, value string) string { return fmt.Sprintf("  %-24s %s", what, value) }
	open := 0
	var ages []string
	for i, n := range y.OpenByAge {
		open += n
		if n > 0 {
			ages = append(ages, fmt.Sprintf("%s: %d", TallyAgeNames[i], n))
		}
	}
	lines := []string{
		line("opened", fmt.Sprint(len(y.Opened))),
		line("resolved or closed", fmt.Sprint(len(y.Ended))),
		line("unfinished now", strings.TrimSpace(fmt.Sprintf("%-6d %s", open, strings.Join(ages, ", ")))),
	}
	if all := y.FirstMet + y.FirstLate; all > 0 {
		lines = append(lines, line("first answer in time", fmt.Sprintf("%d of %d (%d %%)", y.FirstMet, all, 100*y.FirstMet/all)))
	}
	if len(y.Answers) > 0 {
		lines = append(lines, line("median first answer", Roughly(Percentile(y.Answers, 50))))
	}
	if len(y.Solutions) > 0 {
		lines = append(lines, line("median solution", Roughly(Percentile(y.Solutions, 50))))
	}
	return append(lines, p.loadLines(y)...)
}

// loadLines write who did how much, and has how much to do.
func (p *Policy) loadLines(y Tally) []string {
	people := map[string]bool{}
	for _, by := range []map[string]int{y.Open, y.Replies, y.EndedByWho} {
		for key := range by {
			people[key] = true
		}
	}
	if len(people) == 0 {
		return nil
	}
	lines := []string{"", fmt.Sprintf("  %-24s %8s %8s %8s", "", "has open", "replies", "resolved")}
	keys := slices.SortedFunc(maps.Keys(people), func(a, b string) int {
		if (a == "") != (b == "") {
			return strings.Compare(b, a) // nobody comes last
		}
		return strings.Compare(p.agentName(a)+a, p.agentName(b)+b)
	})
	for _, key := range keys {
		name := "nobody"
		if key != "" {
			name = p.agentName(key)
		}
		if r := []rune(name); len(r) > 24 {
			name = string(r[:23]) + "…"
		}
		lines = append(lines, fmt.Sprintf("  %-24s %8d %8d %8d", name, y.Open[key], y.Replies[key], y.EndedByWho[key]))
	}
	return lines
}

// Percentile is the span that so many percent of some do not exceed (the nearest
// rank), zero of none.
func Percentile(all []time.Duration, percent int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}
