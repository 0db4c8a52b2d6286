package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"deskpost/ticket/command"
)

// errNothingDone undoes the transaction of a request that did nothing.
var errNothingDone = errors.New("nothing was done")

// Do carries out commands and posts a text for an agent, or for the operator,
// as an agent's mail does: the same verbs and rights, all or nothing. What came
// of it is returned and not mailed, and if nothing was done nothing is kept: who
// asked still has the text. The error is a Refusal if there is no such agent or
// ticket, or nothing was asked; what is wrong with commands is in the transcript.
func (d *Desk) Do(ctx context.Context, q Request) (Transcript, error) {
	q.Text = plain(q.Text)
	run := d.update
	asks := d.Policy().onlyAsks(q)
	if asks {
		run = d.view // leaves no trace, and waits for nobody
	}
	var done Transcript
	err := run(ctx, func(t *turn) (err error) {
		done, err = t.do(q, asks)
		return err
	})
	return done, requestError("carry out a request", err)
}

// requestError is what is wrong with a request: a refusal speaks for itself.
func requestError(what string, err error) error {
	_, refused := errors.AsType[*Refusal](err)
	switch {
	case err == nil, errors.Is(err, errNothingDone):
		return nil
	case refused:
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

// onlyAsks reports whether a request changes nothing: it is about no ticket, or
// has neither text nor files and only verbs such as #show.
func (p *Policy) onlyAsks(q Request) bool {
	if q.Ticket == 0 {
		return true
	}
	block := command.Parse(q.Text, p.knowsVerb)
	return len(block.Lines) > 0 && !block.HasText() && len(q.Files)+len(q.Kept) == 0 && !slices.ContainsFunc(block.Lines, func(l command.Line) bool {
		verb, _, err := p.findVerb(l.Verb, l.Args)
		return err != nil || verb.stage != stageReport
	})
}

func (t *turn) do(q Request, asks bool) (Transcript, error) {
	w, err := t.requested(q)
	if err != nil {
		return Transcript{}, err
	}
	if asks {
		if err := w.mayKnow(q); err != nil {
			return Transcript{}, err
		}
		return w.ask()
	}
	r, first, err := t.accept(q.Origin, q.Agent, q.Key)
	if err != nil {
		return Transcript{}, err
	}
	if first != nil {
		if err := w.sameTicket(q.Key, first.Ticket); err != nil {
			return Transcript{}, err
		}
		return *first, errNothingDone
	}
	if err := w.mayKnow(q); err != nil {
		return Transcript{}, err
	}
	if err := w.unchanged(q.Version); err != nil {
		return Transcript{}, err
	}
	if err := w.upToDate(q.Seen); err != nil {
		return Transcript{}, err
	}
	c, err := w.carryOut()
	if err != nil {
		return Transcript{}, err
	}
	if w.refused {
		return w.toCaller(c), errNothingDone
	}
	if q.Ends {
		if err := t.dropUnsent(w.ticket.Number, q.Agent); err != nil {
			return Transcript{}, err
		}
	}
	return w.toCaller(c), t.conclude(&r, q.Key, c, w.mail, w.toCaller(c))
}

// sameTicket refuses a key that was used for another ticket; one that was merged
// into this one since, perhaps by the first request, is no other.
func (w *work) sameTicket(key string, used Number) error {
	goesOn, err := w.survivor(used)
	if err != nil {
		return err
	}
	if goesOn == nil || goesOn.Number != w.ticket.Number {
		return refuse(Conflict, "the key %q was used for ticket %d", key, used)
	}
	return nil
}

// requested is the work that a request asks for, before any of it is done.
func (t *turn) requested(q Request) (*work, error) {
	agent, err := t.whoAsks(q.Origin, q.Agent)
	if err != nil {
		return nil, err
	}
	tk := &Ticket{}
	if q.Ticket != 0 {
		if tk, err = t.existing(q.Ticket); err != nil {
			return nil, err
		}
	}
	files, err := t.attached(&q, tk.Number)
	if err != nil {
		return nil, err
	}
	m := &Mail{NewText: q.Text, Files: files, Authenticity: Proven}
	if len(agent.Emails) > 0 {
		m.From = Address{Name: agent.Name, Email: agent.Emails[0]}
	}
	w := t.workOn(tk, agent, m, t.now)
	w.direct, w.sure, w.asked, w.markdown = true, q.Sure, q.Ticket, q.Markdown
	w.block = command.Parse(m.NewText, w.policy.knowsVerb)
	w.takeText()
	w.files = files
	w.kind = cmp.Or(q.Kind, Note)
	switch {
	case w.kind != Note && w.kind != Reply:
		return nil, refuse(Invalid, "a text becomes a %s or a %s, not a %q", Reply, Note, q.Kind)
	case len(w.block.Lines) == 0 && !w.posts():
		return nil, refuse(Invalid, "say what to do: give a command such as #take, or a text")
	}
	return w, nil
}

// upToDate refuses what was written before its author could have seen the last
// entry of the thread.
func (w *work) upToDate(seen int64) error {
	if seen == 0 {
		return nil
	}
	entries, err := w.thread(w.ticket.Number)
	if err != nil || len(entries) == 0 {
		return err
	}
	last := &entries[len(entries)-1]
	if last.ID <= seen {
		return nil
	}
	return refuse(Conflict, "Meanwhile there is a new %s by %s. Read it, then send yours again.", last.Kind, authorOf(w.policy, last))
}

// mayKnow hides a ticket from an agent who may not read it and asks from outside:
// nobody learns there whether there is one. The operator, who can look into the
// store, is told which right the agent lacks.
func (w *work) mayKnow(q Request) error {
	if q.Ticket == 0 || q.Origin == FromCommandLine {
		return nil
	}
	_, err := w.readableTicket(q.Ticket)
	return err
}

// unchanged refuses what was meant for the ticket as it was at a version.
func (w *work) unchanged(version int64) error {
	if version == 0 {
		return nil
	}
	events, err := w.diaries(w.ticket.Number)
	if err != nil || len(events) == 0 || events[len(events)-1].ID == version {
		return err
	}
	last := events[len(events)-1]
	return refuse(Outdated, "the ticket has changed since: there is a new %q by %s. Read it, then send yours again", last.Kind, w.policy.actorName(last.Actor))
}

// whoAsks is the agent who asks for something, without a key if it is the
// operator.
func (t *turn) whoAsks(origin Origin, key string) (Agent, error) {
	agent, ok := t.policy.Agents[key]
	switch {
	case key == "" && origin == FromCommandLine:
		return Agent{Name: t.policy.actorName(Actor{Kind: ByOperator})}, nil
	case !ok:
		return Agent{}, refuse(NotFound, "there is no agent %q", key)
	case agent.Disabled:
		return Agent{}, refuse(NotAllowed, "the agent %s is disabled and may do nothing", key)
	}
	return agent, nil
}

// ask answers a request that changes nothing.
func (w *work) ask() (Transcript, error) {
	if w.ticket.Number != 0 {
		w.weighMail()
	} else if w.posts() {
		w.doubt(yourText, "belongs to no ticket: say to which")
	}
	if !w.refused {
		if err := errors.Join(w.run(w.block.Lines), w.weighMerge()); err != nil {
			return Transcript{}, err
		}
	}
	if !w.refused {
		w.verdict = ""
		return w.toCaller(Conclusion{Ticket: w.ticket.Number}), nil
	}
	c, err := w.hold()
	return w.toCaller(c), err
}

// toCaller is the transcript of the work.
func (w *work) toCaller(c Conclusion) Transcript {
	done := Transcript{Done: !w.refused, Ticket: c.Ticket, Entry: c.Entry, Verdict: w.verdict, Results: w.results, Leaks: w.leaks}
	switch {
	case w.ticket.Number == 0:
	case w.refused:
		done.State = w.stateLine(&w.before)
	default:
		done.State = w.stateLine(&w.ticket)
	}
	if !w.refused {
		done.Report = w.report
	}
	return done
}
