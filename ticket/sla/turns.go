package sla

// turns count the turns of a conversation, from which the cycles of Next and Keep
// have their numbers. A reply that reached nobody is counted too: a number that
// it gave to a cycle is never given to another one, whose steps would count as
// done.
type turns struct {
	over     bool // the next message of the customer begins a turn
	asked    int
	answered int
}

// reply counts a reply on a ticket.
func (t *turns) reply(s Standing) {
	t.over = true
	if s == Working {
		t.answered++
	}
}

// ask counts a message of the customer.
func (t *turns) ask() {
	if t.over {
		t.over = false
		t.asked++
	}
}
