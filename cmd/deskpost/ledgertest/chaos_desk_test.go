package ledgertest_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// clockMost is how far the clock goes ahead in a run. Mail seems older than a day
// then and gets no receipt, but nothing is given up, which takes five days.
const clockMost = "+48h"

// killNode kills a daemon and has it be started again, after a while.
func (c *chaos) killNode(ctx context.Context, rnd *rand.Rand) error {
	n := c.desk.nodes[rnd.IntN(len(c.desk.nodes))]
	pause := between(rnd, 0, 1500*time.Millisecond)
	n.kill()
	c.report.event("kill", "node %s, started again after %s", n.name, pause.Round(time.Millisecond))
	rest(ctx, pause)
	n.start()
	return nil
}

// freezeNode stops a daemon for a while, as a suspended machine does.
func (c *chaos) freezeNode(ctx context.Context, rnd *rand.Rand) error {
	n := c.desk.nodes[rnd.IntN(len(c.desk.nodes))]
	pause := between(rnd, time.Second, *flagFreeze)
	if _, err := n.signal(syscall.SIGSTOP, true); err != nil {
		return err
	}
	c.report.event("freeze", "node %s for %s", n.name, pause.Round(time.Millisecond))
	rest(ctx, pause)
	_, err := n.signal(syscall.SIGCONT, true)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// stepClock sets the clock of a daemon wrong. On PostgreSQL one that is off by
// more than a minute has to stop, so it is set right again after a while.
func (c *chaos) stepClock(ctx context.Context, rnd *rand.Rand) error {
	n := c.desk.nodes[rnd.IntN(len(c.desk.nodes))]
	if n.database != nil {
		words := []string{"-1h", "-20s", "+20s", "+1h"}
		word, pause := words[rnd.IntN(len(words))], between(rnd, time.Second, 6*time.Second)
		c.report.event("clock-node", "that of node %s wrong by %q for %s", n.name, word, pause.Round(time.Millisecond))
		if err := n.setClock(word); err != nil {
			return err
		}
		rest(ctx, pause)
		return n.setClock("")
	}
	words := []string{"", "-36h", "-1h", "+10m", "+1h", "+23h", clockMost}
	word, kind := words[rnd.IntN(len(words))], "clock-back"
	if at(word) > at(n.wrong) {
		kind = "clock-forward"
	}
	c.desk.stepped = c.desk.stepped || word == clockMost
	c.report.event(kind, "wrong by %q", word)
	return n.setClock(word)
}

// at is how far a clock is ahead.
func at(word string) time.Duration {
	d, _ := time.ParseDuration(word) // no word is no time
	return d
}

// cutOffNode takes all lines of a daemon away for a while: they are cut, or
// nothing passes and nobody hears of it.
func (c *chaos) cutOffNode(ctx context.Context, rnd *rand.Rand) error {
	n := c.desk.nodes[rnd.IntN(len(c.desk.nodes))]
	silent, pause := rnd.IntN(2) == 0, between(rnd, time.Second, 6*time.Second)
	how := "cut"
	if silent {
		how = "silent"
	}
	c.report.event("cut-off", "node %s for %s: %s", n.name, pause.Round(time.Millisecond), how)
	for _, l := range n.lines() {
		if silent {
			l.hold(true)
		} else {
			l.cut()
		}
	}
	rest(ctx, pause)
	for _, l := range n.lines() {
		l.hold(false)
		l.mend()
	}
	return nil
}

// fillDisk fills the disk that the database is on for a while.
func (c *chaos) fillDisk(ctx context.Context, rnd *rand.Rand) error {
	pause := between(rnd, time.Second, 5*time.Second)
	filler := filepath.Join(c.desk.disk, "filler")
	f, err := os.Create(filler)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	for size := len(block); size >= 4096; { // to the last page
		if _, err := f.Write(block[:size]); err != nil {
			size /= 2
		}
	}
	c.report.event("disk", "full for %s", pause.Round(time.Millisecond))
	rest(ctx, pause)
	return errors.Join(f.Close(), os.Remove(filler))
}
