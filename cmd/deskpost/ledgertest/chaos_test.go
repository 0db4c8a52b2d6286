package ledgertest_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// A fault is something that goes wrong for a while. It is over when make
// returns.
type fault struct {
	name   string
	weight int
	make   func(ctx context.Context, rnd *rand.Rand) error
}

// A chaos makes faults, drawn from a seed.
type chaos struct {
	host   *mailHost
	desk   *desk
	report *report
	only   []string // names of faults; all if empty
}

func newChaos(host *mailHost, d *desk, r *report, only string) *chaos {
	c := &chaos{host: host, desk: d, report: r}
	if only != "" {
		c.only = strings.Split(only, ",")
	}
	return c
}

func (c *chaos) wanted(name string) bool {
	return len(c.only) == 0 || slices.Contains(c.only, name)
}

// breakDesk makes faults of the daemons and their machine, one after the other.
func (c *chaos) breakDesk(ctx context.Context, rnd *rand.Rand) {
	faults := []fault{
		{"kill", 8, c.killNode},
		{"freeze", 2, c.freezeNode},
		{"clock", 3, c.stepClock},
		{"cut-off", 2, c.cutOffNode},
	}
	if c.desk.disk != "" {
		faults = append(faults, fault{"disk", 2, c.fillDisk})
	}
	c.draw(ctx, rnd, time.Second, faults)
}

// breakHost makes faults of the mail servers and in the mailboxes.
func (c *chaos) breakHost(ctx context.Context, rnd *rand.Rand) {
	c.draw(ctx, rnd, 2500*time.Millisecond, []fault{
		{"dovecot", 2, c.killDovecot},
		{"sessions", 3, c.killSessions},
		{"postfix", 2, c.killPostfix},
		{"renumber", 2, c.renumber},
		{"client", 4, c.otherClient},
	})
}

// breakLines has connections be cut.
func (c *chaos) breakLines(rnd *rand.Rand) {
	if !c.wanted("lines") {
		return
	}
	for _, n := range c.desk.nodes {
		for _, l := range n.lines() {
			l.drawCuts(rand.New(rand.NewPCG(rnd.Uint64(), 0)))
		}
	}
}

// draw makes faults until ctx ends, with pauses of about the given length.
func (c *chaos) draw(ctx context.Context, rnd *rand.Rand, pause time.Duration, faults []fault) {
	faults = slices.DeleteFunc(faults, func(f fault) bool { return !c.wanted(f.name) })
	total := 0
	for _, f := range faults {
		total += f.weight
	}
	for total > 0 && rest(ctx, pause/2+rand64(rnd, pause)) {
		at := rnd.IntN(total)
		chosen := slices.IndexFunc(faults, func(f fault) bool { at -= f.weight; return at < 0 })
		if err := faults[chosen].make(ctx, rnd); err != nil {
			c.report.fail("the fault %q could not be made: %v", faults[chosen].name, err)
			return
		}
	}
}

// mend ends what may still be wrong but for the clock.
func (c *chaos) mend() {
	for _, n := range c.desk.nodes {
		for _, l := range n.lines() {
			l.drawCuts(nil)
			l.hold(false)
			l.mend()
		}
	}
}

// rest waits, and reports whether ctx has not ended.
func rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func rand64(rnd *rand.Rand, below time.Duration) time.Duration {
	return time.Duration(rnd.Int64N(int64(below)))
}

// between draws a duration.
func between(rnd *rand.Rand, least, most time.Duration) time.Duration {
	return least + rand64(rnd, max(1, most-least))
}
