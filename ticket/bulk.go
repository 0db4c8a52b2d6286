package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"deskpost/ticket/command"
)

// MaxBulk is on how many tickets one bulk may be carried out.
const MaxBulk = 100

// A Bulk asks for the same commands on several tickets.
type Bulk struct {
	Agent    string
	Key      string // names it: a second one with its key does nothing on a ticket on which the first one did
	Tickets  []Number
	Commands string // each on a line
}

// A BulkResult is what a bulk did on one of its tickets.
type BulkResult struct {
	Ticket     Number
	Transcript        // all that was asked for, or nothing
	Refusal    string // why nothing was done, if it is not in the transcript
}

// CheckBulk reports whether commands end tickets, or give them away: then they are
// worth a second look before they are carried out on many. The error is a Refusal
// if they are none that may be: what has a text, or could bring one to customers,
// is written to each ticket by itself.
func (p *Policy) CheckBulk(commands string) (weighty bool, err error) {
	block := command.Parse(plain(commands), p.knowsVerb)
	if len(block.Lines) == 0 {
		return false, refuse(Invalid, "Say what to do, in commands such as #take or #tag +vip.")
	}
	if block.HasText() {
		return false, refuse(Invalid, "Only commands can be given to several tickets at once, and no text.")
	}
	for _, line := range block.Lines {
		verb, _, err := p.findVerb(line.Verb, line.Args)
		if err != nil {
			return false, refuse(Invalid, "#%s is %s", line.Verb, err)
		}
		if verb.stage == stageVisibility || verb.stage == stageText || verb.stage == stageReport {
			return false, refuse(Invalid, "#%s is for one ticket: give it there.", verb.Name)
		}
		ends := verb.group == "status" && verb.Right != MayEdit
		weighty = weighty || ends || slices.Contains([]Right{MayClose, MayTransfer, MayMerge, MayBan, MayDelete, MayErase}, verb.Right)
	}
	return weighty, nil
}

// DoToEach carries out commands on each of some tickets, as Do would: all of them
// on a ticket, or none there. The error is a Refusal if they are none for several
// tickets; what was refused on one of them is in its result.
func (d *Desk) DoToEach(ctx context.Context, b Bulk) ([]BulkResult, error) {
	if _, err := d.Policy().CheckBulk(b.Commands); err != nil {
		return nil, err
	}
	if len(b.Tickets) == 0 || len(b.Tickets) > MaxBulk {
		return nil, refuse(Invalid, "Select at least one ticket, and at most %d.", MaxBulk)
	}
	var results []BulkResult
	for _, n := range b.Tickets {
		if slices.ContainsFunc(results, func(r BulkResult) bool { return r.Ticket == n }) {
			continue
		}
		r := BulkResult{Ticket: n}
		var err error
		if err = d.mayRead(ctx, b.Agent, n); err == nil {
			r.Transcript, err = d.Do(ctx, Request{Origin: FromForm, Key: fmt.Sprintf("%s:%d", b.Key, n), Agent: b.Agent, Ticket: n, Text: b.Commands})
		}
		if no, refused := errors.AsType[*Refusal](err); refused {
			r.Refusal = no.Text
		} else if err != nil {
			return results, err
		}
		results = append(results, r)
	}
	return results, nil
}

// mayRead refuses, as Read does, a ticket that an agent may not read.
func (d *Desk) mayRead(ctx context.Context, agent string, n Number) error {
	err := d.view(ctx, func(t *turn) error {
		who, err := t.whoAsks(FromForm, agent)
		if err != nil {
			return err
		}
		_, err = t.workOn(&Ticket{}, who, &Mail{}, t.now).readableTicket(n)
		return err
	})
	return requestError(fmt.Sprintf("look for ticket %d", n), err)
}
