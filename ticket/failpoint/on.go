//go:build failpoint

package failpoint

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Here dies, waits or fails if the environment says so.
func Here(name string, about ...string) error {
	loaded.Do(load)
	p, ok := points[name]
	if !ok {
		p, ok = points["*"]
	}
	if !ok || !p.means(about) || !p.strikes() {
		return nil
	}
	switch p.action {
	case "kill":
		fmt.Fprintf(os.Stderr, "failpoint %s: killed\n", name)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // until the signal arrives nothing more happens here
	case "sleep":
		fmt.Fprintf(os.Stderr, "failpoint %s: sleeps %s\n", name, p.sleep)
		time.Sleep(p.sleep)
		return nil
	default:
		return fmt.Errorf("failpoint %s: %w", name, p.err)
	}
}

// Reader marks a step after the first bytes of r.
func Reader(name string, r io.Reader) io.Reader { return &reader{name: name, r: r} }

type reader struct {
	name string
	r    io.Reader
	past bool
}

func (m *reader) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	if n > 0 && err == nil && !m.past {
		m.past = true
		err = Here(m.name)
	}
	return n, err
}

// Writer marks a step after the first bytes written to w.
func Writer(name string, w io.Writer) io.Writer { return &writer{name: name, w: w} }

type writer struct {
	name string
	w    io.Writer
	past bool
}

func (m *writer) Write(b []byte) (int, error) {
	n, err := m.w.Write(b)
	if n > 0 && err == nil && !m.past {
		m.past = true
		err = Here(m.name)
	}
	return n, err
}

// A point is what happens at a step, and when.
type point struct {
	action string // "kill", "sleep" or "error"
	sleep  time.Duration
	err    error
	nth    int     // the only time it happens; 0 for any
	chance float64 // of each time; 0 for always
	about  string  // words without which it does not happen

	mu    sync.Mutex
	seen  int
	draws *rand.Rand
}

// means reports whether the point is for what a step is about.
func (p *point) means(about []string) bool {
	return p.about == "" || slices.ContainsFunc(about, func(s string) bool { return strings.Contains(s, p.about) })
}

func (p *point) strikes() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	switch {
	case p.nth > 0:
		return p.seen == p.nth
	case p.chance > 0:
		return p.draws.Float64() < p.chance
	}
	return true
}

var (
	loaded sync.Once
	points map[string]*point
)

// load reads the environment. A mistake in it ends the program: a test that
// believes in faults that never come proves nothing.
func load() {
	seed, err := strconv.ParseUint(orZero(os.Getenv("DESKPOST_FAILPOINT_SEED")), 10, 64)
	if err == nil {
		points, err = parse(os.Getenv("DESKPOST_FAILPOINTS"), seed)
	}
	for name := range points {
		if _, known := Steps[name]; !known && name != "*" && err == nil {
			err = fmt.Errorf("no step is called %q; steps.go lists them", name)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "failpoint:", err)
		os.Exit(2)
	}
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

func parse(list string, seed uint64) (map[string]*point, error) {
	all := make(map[string]*point)
	for i, item := range strings.Split(list, ";") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		name, what, ok := strings.Cut(item, "=")
		if !ok {
			return nil, fmt.Errorf("%q: want name=action", item)
		}
		p, err := parsePoint(what)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", item, err)
		}
		p.draws = rand.New(rand.NewPCG(seed, uint64(i)))
		all[name] = p
	}
	return all, nil
}

func parsePoint(what string) (*point, error) {
	p := &point{}
	if before, words, ok := strings.Cut(what, "~"); ok && strings.HasPrefix(what, "kill") {
		what, p.about = before, words
	}
	var err error
	if before, n, ok := cutLast(what, "@"); ok {
		what = before
		p.nth, err = strconv.Atoi(n)
	} else if before, chance, ok := cutLast(what, "%"); ok {
		what = before
		p.chance, err = strconv.ParseFloat(chance, 64)
	}
	if err != nil {
		return nil, err
	}
	var rest string
	p.action, rest, _ = strings.Cut(what, " ")
	switch p.action {
	case "kill":
	case "sleep":
		p.sleep, err = time.ParseDuration(rest)
	case "error":
		p.err = errors.New(rest)
	default:
		err = fmt.Errorf("there is no action %q", p.action)
	}
	return p, err
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// Clock makes a clock that is wrong in the way the environment says.
func Clock(now func() time.Time) func() time.Time {
	words := os.Getenv("DESKPOST_CLOCK")
	if words == "" {
		return now
	}
	began := now()
	return func() time.Time { return wrong(words, began, now()) }
}

func wrong(words string, began, t time.Time) time.Time {
	for _, word := range strings.Fields(words) {
		if path, ok := strings.CutPrefix(word, "file:"); ok {
			b, err := os.ReadFile(path)
			if err != nil {
				panic(fmt.Sprintf("DESKPOST_CLOCK: %v", err))
			}
			t = wrong(string(b), began, t)
			continue
		}
		if speed, ok := strings.CutPrefix(word, "x"); ok {
			speed, since, shared := strings.Cut(speed, "@")
			began := began
			times, err := strconv.Atoi(speed)
			if seconds, wrong := strconv.ParseInt(orZero(since), 10, 64); shared {
				began, err = time.Unix(seconds, 0), errors.Join(err, wrong)
			}
			if err != nil {
				panic(fmt.Sprintf("DESKPOST_CLOCK: %q: %v", word, err))
			}
			t = t.Add(time.Duration(times-1) * t.Sub(began))
			continue
		}
		d, err := time.ParseDuration(word)
		if err != nil {
			panic(fmt.Sprintf("DESKPOST_CLOCK: %v", err))
		}
		t = t.Add(d)
	}
	return t
}
