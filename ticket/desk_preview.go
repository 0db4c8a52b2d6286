package ticket

import (
	"context"
	"errors"
	"fmt"
)

// A Preview is what a request would do if it were sent now.
type Preview struct {
	Transcript
	Text      *Entry      // what would stand in the thread; nil if nothing would
	Customers []Recipient // who would get a mail of it, in To and Cc
	Held      string      // why that mail would wait for somebody to release it; "" if it would not
	Agents    []Told
}

// A Told is an agent who would get a mail.
type Told struct {
	Name string
	Why  string
}

// errPreviewed undoes the transaction of a preview.
var errPreviewed = errors.New("it was only a preview")

// Preview carries out a request as Do does, and undoes it: what comes of it, and
// who would be told, is exactly what Do would do at this instant. The key of the
// request is not used up. The error is a Refusal as of Do.
func (d *Desk) Preview(ctx context.Context, q Request) (Preview, error) {
	q.Text, q.Key = plain(q.Text), ""
	if d.Policy().onlyAsks(q) {
		done, err := d.Do(ctx, q)
		return Preview{Transcript: done}, err
	}
	var p Preview
	err := d.update(ctx, func(t *turn) (err error) {
		p = Preview{}
		t.foresees = true
		if p.Transcript, err = t.do(q, false); err != nil {
			return err
		}
		if p.Entry != 0 {
			e, err := t.tx.Entry(p.Entry)
			if err != nil {
				return fmt.Errorf("read what would be written: %w", err)
			}
			p.Text = &e
		}
		t.foretell(&p)
		return errPreviewed
	})
	if errors.Is(err, errPreviewed) {
		err = nil
	}
	return p, requestError("preview a request", err)
}

// foretell says who gets a mail of what this turn has queued.
func (t *turn) foretell(p *Preview) {
	for _, n := range t.foreseen {
		if !n.Kind.ToAgent() {
			p.Customers = append(p.Customers, n.Recipients...)
			p.Held = n.HeldWhy
			continue
		}
		why := t.whyTold(n)
		if n.Facts.For != "" {
			why += "; " + n.Facts.For
		}
		p.Agents = append(p.Agents, Told{t.policy.agentName(n.Agent), why})
	}
}

// whyTold says in a few words why an agent gets a notice about what a colleague
// does.
func (t *turn) whyTold(n *Notice) string {
	switch {
	case n.Kind == NoticeAssigned && n.Facts.Team != "":
		return "the ticket is given to their team " + n.Facts.Team
	case n.Kind == NoticeAssigned:
		return "the ticket is given to them"
	case n.Kind == NoticeTransferred:
		return "the ticket comes into their department"
	case n.Facts.Yours:
		return "has the ticket"
	case n.Kind == NoticeMerged:
		return "another ticket goes on in theirs"
	case n.Kind == NoticeNote:
		return "is mentioned, or hears of all that is written on it"
	case n.Kind == NoticeReplied:
		return "hears of all that is written on it"
	}
	return "is told what happens to it"
}
