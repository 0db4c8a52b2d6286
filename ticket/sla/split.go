package sla

// answeredBefore ends the wait for the first answer where it begins: what the
// ticket was made of had one already, on the ticket it was split from (sla.md f.4).
func (b *Book) answeredBefore() {
	c, at := b.last(First), b.history.Received
	c.halt(at, Cancelled, false)
	c.Ended = at
	b.endTurn(Event{})
	b.answered, b.silent = true, at
}
