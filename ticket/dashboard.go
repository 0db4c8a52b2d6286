package ticket

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Dashboard is what happened in departments that an agent leads, or of an admin
// in all.
type Dashboard struct {
	Led         []string // the departments that the agent may see, by key
	Departments []string // those of them that are told of
	From, To    time.Time
	Tally       Tally // of all of them
}

// maxDashboard bounds the time that a dashboard tells of.
const maxDashboard = 5 * 366 * 24 * time.Hour

// Dashboard counts what happened from an instant up to another in a department
// that the agent leads, or in all of those for ""; an admin may see every one. The error is a Refusal if there
// is none, or the time makes no sense.
func (d *Desk) Dashboard(ctx context.Context, agent, department string, from, to time.Time) (Dashboard, error) {
	b := Dashboard{From: from, To: to}
	err := d.view(ctx, func(t *turn) error {
		b.Led = t.led(agent)
		if t.policy.IsAdmin(agent) {
			b.Led = slices.Sorted(maps.Keys(t.policy.Departments))
		}
		b.Departments = slices.DeleteFunc(slices.Clone(b.Led), func(key string) bool { return department != "" && key != department })
		switch {
		case len(b.Departments) == 0:
			return refuse(NotFound, "there is no such page")
		case !from.Before(to):
			return refuse(Invalid, "the last day is before the first")
		case to.Sub(from) > maxDashboard:
			return refuse(Invalid, "that is more than five years")
		}
		b.Tally = Tally{OpenByAge: make([]int, len(TallyAges)+1), Open: map[string]int{}, Replies: map[string]int{}, EndedByWho: map[string]int{}}
		for _, key := range b.Departments {
			one, err := t.tx.Tally(key, from, to)
			if err != nil {
				return fmt.Errorf("count what happened in %s: %w", key, err)
			}
			b.Tally.add(one)
		}
		return nil
	})
	return b, requestError("make a dashboard", err)
}

// add counts what happened in another department too.
func (y *Tally) add(other Tally) {
	y.Opened, y.Ended = append(y.Opened, other.Opened...), append(y.Ended, other.Ended...)
	slices.SortFunc(y.Opened, time.Time.Compare)
	slices.SortFunc(y.Ended, time.Time.Compare)
	for i, n := range other.OpenByAge {
		y.OpenByAge[i] += n
	}
	y.FirstMet, y.FirstLate = y.FirstMet+other.FirstMet, y.FirstLate+other.FirstLate
	y.Answers, y.Solutions = append(y.Answers, other.Answers...), append(y.Solutions, other.Solutions...)
	y.Ratings = append(y.Ratings, other.Ratings...)
	for _, by := range []struct{ into, from map[string]int }{{y.Open, other.Open}, {y.Replies, other.Replies}, {y.EndedByWho, other.EndedByWho}} {
		for key, n := range by.from {
			by.into[key] += n
		}
	}
}

// Leads reports whether there are departments of which an agent may see what
// happened.
func (p *Policy) Leads(agent string) bool {
	leads := func(d Department) bool { return d.Lead == agent }
	return p.IsAdmin(agent) || p.enabled(agent) && slices.ContainsFunc(slices.Collect(maps.Values(p.Departments)), leads)
}
