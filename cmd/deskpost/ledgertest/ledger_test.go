// The ledger test: mail from many people goes through Postfix and Dovecot to
// deskpost and back while everything is killed, stopped, cut and filled up; at
// the end every mail and every notice is accounted for.
//
// It needs the mail host that .ci/mailhost.sh starts; .ci/ledger.sh starts that
// and runs it. What becomes of one run depends on a seed and on the machine's
// pace: the same seed makes the same mail and the same faults, at instants that
// differ by what else the machine does.
package ledgertest_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	flagMails  = flag.Int("ledger.mails", 300, "how many mails people send to the desk, about")
	flagTime   = flag.Duration("ledger.time", 40*time.Second, "how long mail comes while things break")
	flagQuiet  = flag.Duration("ledger.quiet", 3*time.Minute, "how long the desk may take afterwards until nothing is left")
	flagSeed   = flag.Uint64("ledger.seed", 0, "what mail and faults are drawn from; 0 for another one each time")
	flagNodes  = flag.Int("ledger.nodes", 1, "how many daemons run on the database")
	flagEngine = flag.String("ledger.engine", "sqlite", "where the desk is kept: sqlite or postgres")
	flagEcho   = flag.Bool("ledger.echo", true, "whether the desk sends itself a copy of each mail, as proof")
	flagFreeze = flag.Duration("ledger.freeze", 10*time.Second, "how long a daemon is stopped, at most")
	flagChaos  = flag.String("ledger.chaos", "", "the only faults to make, separated by commas; all if empty")
	flagReport = flag.String("ledger.report", "", "the file to which the report is written; the daemons' logs are kept beside it")
)

// TestLedger is the ledger test of one desk: nothing is lost and nothing is
// done twice, whatever fails meanwhile (F01, F02, F03, F05, F07, F10, F15, F20,
// F21, F22, F26, F34, F35, F38, F50, F56).
func TestLedger(t *testing.T) {
	host := needMailHost(t)
	seed := *flagSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	r := newReport(seed)
	t.Cleanup(func() { r.publish(t) })
	d := openDesk(t, host, r)
	l := &ledger{host: host, desk: d, report: r, people: newPeople(host, r, conversations(seed, *flagMails))}
	r.begin()
	d.start()
	l.stormy(t.Context(), seed)
	l.calm(t.Context())
	d.stop()
	accountFor(l)
}

// A ledger is one run of the test.
type ledger struct {
	host   *mailHost
	desk   *desk
	people *people
	report *report
}

// stormy is the time in which mail comes and things break.
func (l *ledger) stormy(ctx context.Context, seed uint64) {
	l.report.event("phase", "mail comes and things break for %s", *flagTime)
	storm, end := context.WithTimeout(ctx, *flagTime)
	defer end()
	c := newChaos(l.host, l.desk, l.report, *flagChaos)
	var running sync.WaitGroup
	running.Go(func() { c.breakDesk(storm, rand.New(rand.NewPCG(seed, 1))) })
	running.Go(func() { c.breakHost(storm, rand.New(rand.NewPCG(seed, 2))) })
	c.breakLines(rand.New(rand.NewPCG(seed, 3)))
	l.people.live(ctx, *flagTime*3/4)
	running.Wait()
	c.mend()
}

// calm is the time without faults, until nothing is left to be done. What was
// put off by a clock that was ahead must come out with a right one. A mail in
// doubt waits minutes for its copy; once all mail has come in, all clocks go on
// so that the test need not. That also brings forth what a clock has put off by
// less than an hour, which is as long as any mail may wait.
func (l *ledger) calm(ctx context.Context) {
	l.report.event("phase", "no faults any more: a new start")
	dovecot := l.host.dovecot()
	if err := errors.Join(dovecot.kill(), dovecot.begin()); err != nil { // for the locks that the killed have left
		l.report.fail("%v", err)
	}
	l.desk.stop()
	l.desk.setClocks(0)
	l.desk.start()
	ctx, end := context.WithTimeout(ctx, *flagQuiet)
	defer end()
	l.await(ctx, "all mail to be taken", func() string { return l.leftIn() })
	l.desk.stop()
	l.desk.setClocks(70 * time.Minute)
	l.desk.start()
	l.await(ctx, "nothing to be left", func() string { return strings.Trim(l.leftIn()+"; "+l.leftOut(), "; ") })
	l.people.close()
}

// await waits until nothing is left, twice in a row, or the time is over.
func (l *ledger) await(ctx context.Context, what string, left func() string) {
	calm := 0
	for tick := time.NewTicker(time.Second); ; {
		why := left()
		if calm++; why != "" {
			calm = 0
		}
		if calm == 2 {
			return
		}
		select {
		case <-ctx.Done():
			l.report.fail("waited %s in vain for %s: %s", *flagQuiet, what, why)
			return
		case <-tick.C:
		}
	}
}

// leftIn says what is still on its way to the desk, "" if nothing.
func (l *ledger) leftIn() string {
	if why := l.people.busy(); why != "" {
		return why
	}
	if why := l.host.queued(); why != "" {
		return why
	}
	return untaken(l.host, l.desk)
}

// leftOut says what the desk still has to send, "" if nothing.
func (l *ledger) leftOut() string {
	n, err := count(l.desk.db, `SELECT COUNT(*) FROM notices WHERE settled_at IS NULL`)
	switch {
	case err != nil:
		return err.Error()
	case n > 0:
		return plural(n, "notice") + " not settled"
	}
	return ""
}
