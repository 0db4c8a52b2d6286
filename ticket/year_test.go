package ticket_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"deskpost/store"
	"deskpost/store/enginetest"
	"deskpost/ticket"
	"deskpost/ticket/calendar"
	"deskpost/ticket/sla/minutetest"
	"deskpost/ticket/sla/yeartest"
)

var (
	yearTickets = flag.Int("year", 50, "how many tickets TestYear opens")
	yearSeed    = flag.Uint64("year-seed", 1, "another one makes another year")
)

// TestYear lets a year pass, with tickets in five calendars and over all nights
// in which clocks are changed. People write and agents work by mail; the desk
// looks now and then, is down for hours, dies in the midst of its work, and has
// its clock set back. At the end each step that was due is in the books once,
// dated at the minute that a checker finds which counts them, and no other is.
// (F50, F51, F54)
//
//	go test ./ticket -run TestYear -year 10000 -timeout 2h
func TestYear(t *testing.T) {
	t.Parallel()
	y := newYear(t, *yearTickets, *yearSeed)
	y.pass()
	y.check()
	t.Logf("%d mails, %d looks, %d stops of some hours, %d deaths, %d steps", y.mails, len(y.looks), y.stops, y.mortal.crashes, y.steps)
}

const minutesOfYear = minutetest.Minute(365 * 24 * 60)

// A year is a desk, and what is to happen to it.
type year struct {
	t         *testing.T
	r         *rand.Rand
	url       string
	db        *store.DB
	mortal    *mortal
	desk      *ticket.Desk
	now       minutetest.Minute // of the people
	behind    time.Duration     // of the desk's clock
	policy    *ticket.Policy
	calendars map[string]yeartest.Calendar
	plans     map[string]yeartest.Plan

	plots []plot // what is to happen, the next first
	looks []minutetest.Minute
	edits []edit
	uid   uint32

	mails, stops, steps int
}

// An edit of the config put another calendar in the place of one.
type edit struct {
	at    minutetest.Minute
	hours *minutetest.Hours
}

func newYear(t *testing.T, tickets int, seed uint64) *year {
	y := &year{t: t, r: rand.New(rand.NewPCG(seed, 0)), url: enginetest.URL(t), calendars: yeartest.Calendars(), plans: yeartest.Plans(),
		mortal: &mortal{}}
	y.policy = y.newPolicy()
	y.open()
	t.Cleanup(func() { y.db.Close() })
	for range tickets {
		y.plot(plot{at: y.beginning(), person: &person{year: y, number: len(y.plots), left: 1 + y.r.IntN(9)}})
	}
	return y
}

// beginning draws when a ticket is opened. Every other one lives through a
// change of clocks.
func (y *year) beginning() minutetest.Minute {
	changes := []string{"2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"}
	if y.r.IntN(2) == 0 {
		return minutetest.Minute(y.r.IntN(int(minutesOfYear)))
	}
	date, err := time.Parse(time.DateOnly, changes[y.r.IntN(len(changes))])
	if err != nil {
		y.t.Fatal(err)
	}
	return minutetest.MinuteOf(date) - minutetest.Minute(y.r.IntN(4*1440))
}

// newPolicy has a department for each plan.
func (y *year) newPolicy() *ticket.Policy {
	p := policy()
	model := p.Departments["support"]
	p.Departments, p.Plans, p.Mailboxes = map[string]ticket.Department{}, map[string]ticket.Plan{}, map[string]ticket.Mailbox{}
	access := map[string]string{}
	for key, plan := range y.plans {
		address := ticket.Address{Name: key, Email: key + "@bank.example"}
		dept := model
		dept.Key, dept.Name, dept.Address, dept.Plan = key, key, address, key
		p.Departments[key] = dept
		p.Mailboxes[key] = ticket.Mailbox{Key: key, Address: address, Department: key}
		p.Plans[key] = *plan.Desk
		access[key] = "agent"
	}
	agent := p.Agents["jane"]
	agent.Access, agent.Transcript = access, ticket.TranscriptErrors
	p.Agents = map[string]ticket.Agent{"jane": agent, "lead": p.Agents["lead"]}
	p.Teams = nil
	p.Calendars, p.Calendar = map[string]*calendar.Calendar{}, yeartest.Berlin
	for key, c := range y.calendars {
		p.Calendars[key] = c.Desk
	}
	p.TokenLife, p.Caps = 10*365*24*time.Hour, ticket.Caps{}
	return p
}

// open opens the desk, as a program that starts does.
func (y *year) open() {
	db, err := store.Open(context.Background(), y.url)
	if err != nil {
		y.t.Fatal(err)
	}
	y.db, y.mortal.Store = db, db
	y.start()
}

// start starts the program on the database that is open.
func (y *year) start() {
	y.mortal.revive()
	y.desk = &ticket.Desk{Store: y.mortal, Keys: ticket.Keys{{ID: 1, Secret: []byte("0123456789abcdef0123456789abcdef")}},
		Now: func() time.Time { return y.now.Time().Add(-y.behind) }}
	y.desk.SetPolicy(y.policy)
	if _, err := y.desk.Recompute(context.Background()); err != nil {
		y.t.Fatal(err)
	}
}

// survive repeats what the program does until it lives through it. Now and then
// the database is opened anew, too.
func (y *year) survive(what string, do func() error) {
	y.t.Helper()
	for {
		err := do()
		if err == nil {
			return
		}
		if !errors.Is(err, errCrash) {
			y.t.Fatalf("%s at %s: %v", what, y.now, err)
		}
		if y.r.IntN(10) > 0 {
			y.start()
			continue
		}
		if err := y.db.Close(); err != nil {
			y.t.Fatal(err)
		}
		y.open()
	}
}

// pass lets the year pass, from one look of the desk to the next. While it is
// down mail waits in the mailboxes, and is taken before the desk looks again.
// Some mail is taken late, after the desk has looked without it.
func (y *year) pass() {
	for next := minutetest.Minute(0); y.now < minutesOfYear+60*24*60; {
		down := y.r.IntN(50) == 0
		if down {
			next += 60 + minutetest.Minute(y.r.IntN(18*60))
			y.stops++
		} else {
			next += minutetest.Minute([]int{1, 5, 15, 60, 180}[y.r.IntN(5)])
		}
		for len(y.plots) > 0 && y.plots[0].when() <= next {
			p := y.plots[0]
			y.plots = y.plots[1:]
			if p.found == 0 && y.r.IntN(25) == 0 { // that mailbox can not be reached for a while
				p.found = p.at + 1 + minutetest.Minute(y.r.IntN(12*60))
				y.plot(p)
				continue
			}
			if y.now = max(y.now, p.at, p.found); down {
				y.now = next
			}
			p.person.act(p.at)
		}
		y.now = next
		y.look()
		y.edit()
	}
}

// look lets the desk do what is due, sometimes to the death, and sometimes once
// more with a clock that was set back.
func (y *year) look() {
	if y.r.IntN(20) == 0 {
		y.mortal.doom(y.r)
	}
	tick := func() error {
		_, err := y.desk.Tick(context.Background())
		return err
	}
	y.survive("tick", tick)
	y.looks = append(y.looks, y.now)
	if y.r.IntN(100) == 0 {
		y.behind = time.Duration(1+y.r.IntN(180)) * time.Minute
		y.survive("tick with the clock set back", tick)
		y.behind = 0
	}
}

// edit closes Berlin on two days more, a day before the second one.
func (y *year) edit() {
	const day = minutetest.Minute(24 * 60)
	for _, dates := range [][]string{{"2026-03-26", "2026-03-30"}, {"2026-03-26", "2026-03-30", "2026-10-23", "2026-10-26"}} {
		last, err := time.Parse(time.DateOnly, dates[len(dates)-1])
		if err != nil {
			y.t.Fatal(err)
		}
		if begins := minutetest.MinuteOf(last) - day; y.now < begins || slices.ContainsFunc(y.edits, func(e edit) bool { return e.at >= begins }) {
			continue
		}
		edited := yeartest.BerlinClosed(dates...)
		y.edits = append(y.edits, edit{y.now, edited.Checker})
		p := *y.policy
		p.Calendars = map[string]*calendar.Calendar{}
		for key, c := range y.calendars {
			p.Calendars[key] = c.Desk
		}
		p.Calendars[yeartest.Berlin] = edited.Desk
		y.policy = &p
		y.start()
	}
}
