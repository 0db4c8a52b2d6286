package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// tick lets what is due by time happen, and returns how many tickets changed.
func (w *world) tick() int {
	w.t.Helper()
	changed, err := w.desk.Tick(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return changed
}

// pending is a world with a ticket of Jane's that comes back in three days.
func pending(t *testing.T) (*world, ticket.Number) {
	t.Helper()
	w, n, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#pending 3d\n#take"))
	w.want(ticket.Commanded)
	w.sent()
	return w, n
}

// TestClockJumps lets a follow-up come due while the clock is set to and fro: it
// happens once, wherever the clock stands afterwards (F50).
func TestClockJumps(t *testing.T) {
	t.Parallel()
	for name, jumps := range map[string][]time.Time{
		"back an hour":  {monday.AddDate(0, 0, 4), monday.AddDate(0, 0, 4).Add(-time.Hour)},
		"back a year":   {monday.AddDate(0, 0, 4), monday.AddDate(-1, 0, 4)},
		"on two days":   {monday.AddDate(0, 0, 1), monday.AddDate(0, 0, 3).Add(time.Second)},
		"beyond 2038":   {time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC)},
		"to 9999":       {time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), monday.AddDate(0, 0, 4)},
		"day after day": {monday.AddDate(0, 0, 4), monday, monday.AddDate(0, 0, 4), monday, monday.AddDate(0, 0, 4)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, n := pending(t)
			woken, told := 0, []string(nil)
			for _, now := range append(jumps, monday.AddDate(0, 0, 5), monday.AddDate(20, 0, 0)) {
				w.now = now
				woken += w.tick()
				told = append(told, mailed(w.sent())...)
			}
			if woken != 1 || !slices.Equal(told, []string{"follow-up:" + jane}) {
				t.Errorf("it came back %d times, and was told %v", woken, told)
			}
			if got := w.show(n).Ticket.Status; got != ticket.Open {
				t.Errorf("the ticket is %s", got)
			}
		})
	}
}

// TestClockThatWasNeverSet says 1970: nothing is done by time, which is said, and
// mail is taken all the same (F50).
func TestClockThatWasNeverSet(t *testing.T) {
	t.Parallel()
	w, n := pending(t)
	for _, now := range []time.Time{time.Unix(0, 0), time.Unix(-1, 0), time.Date(2019, 12, 31, 23, 59, 59, 0, time.UTC)} {
		w.now = now
		if changed, err := w.desk.Tick(t.Context()); changed != 0 || err == nil || !strings.Contains(err.Error(), "until it is set") {
			t.Errorf("at %v: %d changed, %v", now, changed, err)
		}
		w.take(from(karen, "Help "+now.String(), "text"))
		w.want(ticket.Opened)
	}
	w.now = monday.AddDate(0, 0, 4)
	if w.tick() != 1 || w.show(n).Ticket.Status != ticket.Open {
		t.Error("it does not go on once the clock is right")
	}
	if got := mailed(w.sent()); !slices.Contains(got, "follow-up:"+jane) || !slices.Contains(got, "new:"+jane) {
		t.Errorf("mailed %v", got)
	}
}

// TestMailOfAClockThatWasAhead is queued, or put off, by a clock that is a year
// ahead. It does not wait for a year once the clock is right, nor does a new
// start (F50).
func TestMailOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"while it runs": false, "at a start": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.change(func(p *ticket.Policy) { p.Agents = nil })
			right := w.now
			w.now = right.AddDate(1, 0, 0)
			w.tick()
			w.take(from(karen, "Help", "text"))
			w.want(ticket.Opened)
			if got := w.claim(ticket.Later); len(got) != 1 {
				t.Fatalf("claimed %v", mailed(got))
			}
			w.now = right
			if restart {
				if _, err := w.desk.Recover(t.Context()); err != nil {
					t.Fatal(err)
				}
			} else {
				w.tick()
			}
			if got := mailed(w.claim(ticket.Sent)); !slices.Equal(got, []string{"ack:" + karen}) {
				t.Errorf("sent %v", got)
			}
		})
	}
}

// TestDigestWhenTheClockIsSetBack falls into the time of a digest that is sent
// already: the mail is taken, and a second digest tells of it (F50).
func TestDigestWhenTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Caps.AgentBurst = 1; p.Acknowledge = ticket.AckNever })
	w.takeGroup("one", "two")
	w.now = w.now.Add(11 * time.Minute)
	to(t, w.sent(), ticket.NoticeDigest, jane)
	w.now = w.now.Add(-11 * time.Minute)
	for _, fate := range w.takeGroup("three", "four") {
		if fate.Err != nil {
			t.Error(fate.Err)
		}
	}
	w.now = w.now.Add(11 * time.Minute)
	if digest := to(t, w.sent(), ticket.NoticeDigest, jane); len(digest.Facts.Items) != 2 {
		t.Errorf("the second digest lists %q", digest.Facts.Items)
	}
}

// TestSweepBeforeTheClockWasSetBack is no proof that the copy of a mail did not
// come: it is not sent again before another sweep (F35, F50).
func TestSweepBeforeTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Echo = "support"; p.Agents = nil })
	if err := w.desk.Swept(t.Context(), "support", w.now.AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	w.take(from(karen, "Help", "text"))
	if got := w.claim(ticket.InDoubt); len(got) != 1 {
		t.Fatalf("claimed %v", mailed(got))
	}
	w.now = w.now.Add(2 * time.Hour)
	w.wantAgainAfterSweep()
}

// TestSweepIsForgottenWhenTheClockIsSetBack: a mail whose answer was lost then
// is not sent again once the clock is right, for no sweep has looked for its
// copy (F35, F50).
func TestSweepIsForgottenWhenTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Echo = "support"; p.Agents = nil })
	right := w.now
	if err := w.desk.Swept(t.Context(), "support", right); err != nil {
		t.Fatal(err)
	}
	w.now = right.Add(-36 * time.Hour)
	w.take(from(karen, "Help", "text"))
	if got := w.claim(ticket.InDoubt); len(got) != 1 {
		t.Fatalf("claimed %v", mailed(got))
	}
	w.now = right.Add(time.Minute)
	w.wantAgainAfterSweep()
}

// wantAgainAfterSweep demands that a mail in doubt is sent again as soon as a
// sweep has looked for its copy, and not before.
func (w *world) wantAgainAfterSweep() {
	w.t.Helper()
	if again := w.claim(ticket.InDoubt); len(again) != 0 {
		w.t.Fatal("sent again though no sweep has looked for the echo")
	}
	if err := w.desk.Swept(w.t.Context(), "support", w.now); err != nil {
		w.t.Fatal(err)
	}
	if again := w.claim(ticket.Sent); len(again) != 1 {
		w.t.Error("not sent again after a sweep that met no echo")
	}
}

// TestWaitingIsNotTrying: a relay that is down for longer than a mail is tried,
// or a machine that sleeps, takes no mail's tries away (F30, F56).
func TestWaitingIsNotTrying(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.Agents = nil })
	w.take(from(karen, "Help", "text"))
	n := w.want(ticket.Opened)
	w.now = w.now.AddDate(0, 0, 10)
	for try := range 3 {
		if got := w.claim(ticket.Later); len(got) != 1 {
			t.Fatalf("try %d: claimed %v", try+1, mailed(got))
		}
		w.now = w.now.Add(2 * time.Hour)
	}
	if got := mailed(w.claim(ticket.Sent)); !slices.Equal(got, []string{"ack:" + karen}) {
		t.Errorf("sent %v", got)
	}
	if slices.ContainsFunc(w.show(n).Events, func(e ticket.Event) bool { return e.Kind == ticket.DeliveryFailed }) {
		t.Error("given up before")
	}
}

// TestMissedFollowUps come due while the desk is down for three days, with the
// clock rung twice at once when it is back: each comes back once (F52).
func TestMissedFollowUps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 5 {
		w.take(from(karen, "Help", "text"))
		w.want(ticket.Opened)
	}
	for _, n := range w.sent() {
		if n.Kind == ticket.NoticeNew && n.Agent == "jane" {
			w.take(answer(n, jane, "#pending 1d\n#take"))
			w.want(ticket.Commanded)
		}
	}
	w.sent()
	w.now = w.now.AddDate(0, 0, 3)
	changed := make(chan int)
	for range 2 {
		go func() {
			n, err := w.desk.Tick(t.Context())
			if err != nil {
				t.Error(err)
			}
			changed <- n
		}()
	}
	<-changed
	<-changed
	if got := mailed(w.sent()); len(got) != 5 {
		t.Errorf("told %v", got)
	}
	if got := w.tick(); got != 0 {
		t.Errorf("%d came back once more", got)
	}
}

// TestFollowUpAcrossDaylightSaving: "3d" is 72 hours, on the night when the clocks
// change as well; the due instant is UTC (F51).
func TestFollowUpAcrossDaylightSaving(t *testing.T) {
	t.Parallel()
	for _, began := range []time.Time{
		time.Date(2026, 3, 27, 1, 30, 0, 0, time.UTC),  // due when Berlin has no such hour
		time.Date(2026, 10, 22, 0, 30, 0, 0, time.UTC), // due in the doubled hour
	} {
		w := newWorld(t)
		berlin, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		w.change(func(p *ticket.Policy) { p.Zone = berlin })
		w.now = began.In(berlin)
		w.take(from(karen, "Help", "text"))
		n := w.want(ticket.Opened)
		w.take(answer(to(t, w.sent(), ticket.NoticeNew, jane), jane, "#pending 3d"))
		w.want(ticket.Commanded)
		if due := w.show(n).Ticket.FollowUp; !due.Equal(began.Add(72*time.Hour)) || due.Location() != time.UTC {
			t.Errorf("due at %v", due)
		}
		w.now = began.Add(72*time.Hour - time.Minute)
		early := w.tick()
		w.now = began.Add(72 * time.Hour).In(berlin)
		if on := w.tick(); early != 0 || on != 1 {
			t.Errorf("%d came back a minute before, %d in time", early, on)
		}
	}
}
