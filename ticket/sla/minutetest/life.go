package minutetest

import "time"

// A Life is what happened to a ticket, in the order of time.
type Life struct {
	Received Minute
	Known    Minute // when the desk learned of the ticket; 0 is at once
	Status   string // when it was received
	Terms    Terms  // the same
	Events   []Event
}

// Terms are what holds for a ticket at some time.
type Terms struct {
	Plan     *Plan
	Priority string
	Hours    *Hours
}

// A Kind says what happened.
type Kind string

// The kinds of events.
const (
	Reply       Kind = "reply"       // of an agent, to the customer
	Undelivered Kind = "undelivered" // the reply of the minute Event.Reply reached nobody
	Customer    Kind = "customer"    // wrote
	Status      Kind = "status"      // is Event.Status now
	Changed     Kind = "terms"       // are Event.Terms now
	Edited      Kind = "hours"       // there are other Hours of the key of Event.Terms.Hours
	DueSet      Kind = "due"         // the date is Event.Due now; none if that is 0
)

// An Event is one thing that happened. At one minute they count in their order,
// and all of them before any step that is due then, but for a status that the desk
// itself has set.
type Event struct {
	At     Minute
	Known  Minute // when the desk learned of it; 0 is at once
	Own    bool   // the desk did it itself, after all that was due before
	Kind   Kind
	Turn   int // of Reply, and of Status that ends the work: what this is called among these, by when it became known; 0 is by its place
	Status string
	Terms  Terms
	Due    Minute
	Reply  Minute
}

// learned is when the desk learned of the event.
func (e *Event) learned() Minute { return max(e.At, e.Known) }

// late reports whether the event changes what had happened before the desk
// learned of it.
func (e *Event) late() bool { return e.Known > e.At || e.Kind == Undelivered }

// A Name is what a step is done once for.
type Name struct {
	Metric     string
	Cycle      int // from 1
	Plan, Step string
	Occurrence int // from 0
}

// A Point is when a step was due.
type Point struct {
	At      time.Time
	Skipped bool // a change of terms had made it past
}

// Due says which steps the desk has done by an instant, that one included, if it
// looked whenever it says in looks, and always if that is nil.
//
// What it did before some fact was known to it follows from the life without that
// fact.
func Due(l Life, looks []Minute, until Minute) map[Name]Point {
	due := map[Name]Point{}
	for from := max(l.Received, l.Known); from <= until; {
		known, lost := l, map[Minute]bool{}
		known.Events = nil
		end := until + 1 // of the time in which no fact about the past is learned
		for _, e := range l.Events {
			switch {
			case e.learned() > from && e.late():
				end = min(end, e.learned())
			case e.Kind == Undelivered:
				lost[e.Reply] = true
			default:
				known.Events = append(known.Events, e)
			}
		}
		w := walk{life: known, looks: looks, from: from, due: due, lost: lost, terms: l.Terms, status: l.Status, numbers: map[string]int{}}
		w.until(end - 1)
		from = end
	}
	return due
}
