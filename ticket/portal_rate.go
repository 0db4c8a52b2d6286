package ticket

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// BestRating is what a customer gives who could not be more content. The worst is 1.
const BestRating = 5

const (
	rateFor   = 14 * 24 * time.Hour // after it was resolved a ticket can be rated, and rated anew
	maxRemark = 2000                // characters
)

// A CustomerRating says how content the customer of a ticket is, whose address is
// proven.
type CustomerRating struct {
	Address string
	Ticket  Number
	Stars   int // 1 to BestRating
	Remark  string
}

// RateFor keeps a customer's rating of a ticket that is done. One that was given
// before is replaced; the diary has all of them, with their remarks. The error is a
// Refusal if the ticket is not theirs to rate, or not now.
func (d *Desk) RateFor(ctx context.Context, r CustomerRating) error {
	return requestError("keep a customer's rating", d.update(ctx, func(t *turn) error { return t.rateFor(r) }))
}

func (t *turn) rateFor(r CustomerRating) error {
	s, err := t.customerSheet(r.Ticket, Address{Email: r.Address})
	if err != nil {
		return err
	}
	if s == nil {
		return noTicketOfYours(r.Ticket)
	}
	remark := strings.TrimSpace(plain(r.Remark))
	switch {
	case !s.MayRate:
		return refuseCustomer(Conflict, "refused.not-ratable", nil, "this ticket can not be rated: that is for whoever opened it, in the two weeks after it was solved")
	case r.Stars < 1 || r.Stars > BestRating:
		return refuseCustomer(Invalid, "refused.stars", with("most", BestRating), "choose one of the numbers from 1 to %d", BestRating)
	case utf8.RuneCountInString(remark) > maxRemark:
		return refuseCustomer(Invalid, "refused.long-remark", with("n", maxRemark), "a remark has at most %d characters: shorten it, or write a message", maxRemark)
	case s.Stars == r.Stars && s.Remark == remark:
		return nil
	}
	tk, err := t.tx.Ticket(s.Number)
	if err != nil {
		return fmt.Errorf("read ticket %d: %w", s.Number, err)
	}
	e := tk.rate(r.Stars, Actor{Kind: ByCustomer, Name: Address{Email: r.Address}.Key()}, t.now)
	e.Detail = remark
	return t.keep(tk, e)
}

// rate is the event of a rating. Diary.Follow does the same.
func (t *Ticket) rate(stars int, by Actor, at time.Time) *Event {
	before := t.Stars
	t.Stars, t.RatedAt = stars, at
	return &Event{Ticket: t.Number, Since: at, Kind: TicketRated, Actor: by, Before: starsText(before), After: starsText(stars)}
}

// starsText is a rating as events keep it, "" if there is none.
func starsText(stars int) string {
	if stars == 0 {
		return ""
	}
	return strconv.Itoa(stars)
}

// rateable reports whether whoever takes part in a ticket may rate it: its
// requester may, when it is done, for a while.
func (t *turn) rateable(tk *Ticket, p Participant) bool {
	done := tk.Status == Resolved || tk.Status == Closed
	return t.policy.Departments[tk.Department].Rating && done && p.Role == RoleRequester && t.now.Sub(tk.endedAt()) <= rateFor
}

// remarkOf is what the customer wrote with the latest rating of a ticket.
func (t *turn) remarkOf(tk *Ticket) (string, error) {
	if tk.Stars == 0 {
		return "", nil
	}
	events, err := t.tx.Events(tk.Number)
	if err != nil {
		return "", fmt.Errorf("read diary of ticket %d: %w", tk.Number, err)
	}
	remark := ""
	for _, e := range events {
		if e.Kind == TicketRated {
			remark = e.Detail
		}
	}
	return remark, nil
}

// ratingWords say a rating to agents. The remark is a stranger's text.
func ratingWords(e *Event) string {
	what := fmt.Sprintf("rated %s of %d", e.After, BestRating)
	if e.Before != "" {
		what += ", before that " + e.Before
	}
	if e.Detail != "" {
		what += fmt.Sprintf(": %q", strings.Join(strings.Fields(e.Detail), " "))
	}
	return what
}
