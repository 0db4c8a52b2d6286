package ticket

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// hold changes nothing, keeps the mail as a draft, and tells the agent what to
// mend (commands.md b.2, rule 8).
func (w *work) hold() (Conclusion, error) {
	w.because("nothing was done: %s", w.firstFailure())
	for i, r := range w.results {
		if !r.Failed && r.Result != "" {
			w.results[i].Result = "fine, but not done: " + r.Result
		}
	}
	w.verdict = w.nothingDone()
	if w.direct {
		return Conclusion{Outcome: CommandHeld, Ticket: w.ticket.Number}, nil
	}
	d := &Draft{Ticket: w.ticket.Number, Agent: w.agent.Key, Kind: w.kind, Text: w.text, Files: w.files,
		Receipt: w.receipt, At: w.now, Until: w.now.Add(w.policy.DraftLife)}
	if w.draft != nil {
		if err := w.tx.EndDraft(w.draft.ID, w.now); err != nil {
			return Conclusion{}, fmt.Errorf("end held mail %d: %w", w.draft.ID, err)
		}
	}
	if err := w.tx.AddDraft(d); err != nil {
		return Conclusion{}, fmt.Errorf("hold a mail on ticket %d: %w", w.ticket.Number, err)
	}
	held := &Event{Ticket: w.ticket.Number, Kind: CommandsHeld, Actor: w.actor(), Detail: w.firstFailure()}
	if err := w.record(held); err != nil {
		return Conclusion{}, err
	}
	err := w.answer(NoticeHeld, &w.before, func(n *Notice) {
		n.Draft = d.ID
		n.Facts.Text = w.text
	})
	if err != nil {
		return Conclusion{}, err
	}
	return Conclusion{Outcome: CommandHeld, Ticket: w.ticket.Number}, w.tellStuck()
}

// tellStuck tells the one who has the ticket, or the lead, that a colleague's
// text was held: somebody may wait for what it says. Commands alone, and a second
// try to mend them, are their writer's business.
func (w *work) tellStuck() error {
	if w.text == "" || w.draft != nil {
		return nil
	}
	told, err := w.audience(&w.before, NoticeStuck, w.agent.Key)
	if err != nil {
		return err
	}
	for _, key := range told {
		err := w.tellAgent(key, &w.before, NoticeStuck, nil, func(n *Notice) {
			n.Facts.Actor, n.Facts.Text, n.Facts.Verdict = w.agent.Name, w.text, w.firstFailure()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// firstFailure is the first line that was refused, with the reason.
func (w *work) firstFailure() string {
	for _, r := range w.results {
		if r.Failed {
			return r.Line + ": " + r.Result
		}
	}
	return ""
}

// commit writes what the block and the text changed, and tells whom it
// concerns: each person once.
func (w *work) commit() (Conclusion, error) {
	for i, r := range w.results {
		if r.Result == "" {
			w.results[i].Result = "done"
		}
	}
	entry, err := w.post()
	if err != nil {
		return Conclusion{}, err
	}
	if len(w.block.Lines) > 0 {
		w.events = append(w.events, &Event{Ticket: w.ticket.Number, Kind: CommandsRun, Actor: w.actor(), Detail: w.lines()})
	}
	if err := errors.Join(w.giveToSomebody(), w.changeWatch()); err != nil {
		return Conclusion{}, err
	}
	for _, e := range w.events {
		e.Since = w.received
	}
	if err := w.keep(&w.ticket, w.events...); err != nil {
		return Conclusion{}, err
	}
	if err := w.changePeople(); err != nil {
		return Conclusion{}, err
	}
	if err := w.keepState(); err != nil {
		return Conclusion{}, err
	}
	if w.draft != nil {
		if err := w.tx.EndDraft(w.draft.ID, w.now); err != nil {
			return Conclusion{}, fmt.Errorf("end held mail %d: %w", w.draft.ID, err)
		}
	}
	if err := w.keepLinks(); err != nil {
		return Conclusion{}, err
	}
	for _, d := range w.delayed {
		if w.results[d.at].Result, err = d.do(); err != nil {
			return Conclusion{}, err
		}
	}
	sentTo, err := w.tell(entry)
	if err != nil {
		return Conclusion{}, err
	}
	w.verdict = w.allDone(entry, sentTo)
	if !w.direct {
		if err := w.transcript(); err != nil {
			return Conclusion{}, err
		}
	}
	return w.conclusion(entry), nil
}

// tell tells whom it concerns. It returns who of the participants got a mail.
func (w *work) tell(entry *Entry) (sentTo string, err error) {
	sentTo, err = w.tellParticipants(entry)
	if err == nil && sentTo == "" { // they get one mail for all that happened
		err = w.tellMoved()
	}
	if err != nil {
		return "", err
	}
	return sentTo, w.tellColleagues(entry)
}

// changePeople lets people take part, or no longer.
func (w *work) changePeople() error {
	for _, p := range w.people {
		var err error
		if p.drop {
			err = w.tx.DropParticipant(w.ticket.Number, p.address.Key())
		} else {
			err = w.tx.AddParticipant(Participant{Ticket: w.ticket.Number, Address: p.address, Role: p.role, Since: w.now})
		}
		if err != nil {
			return fmt.Errorf("change participants of ticket %d: %w", w.ticket.Number, err)
		}
	}
	return nil
}

func (w *work) conclusion(entry *Entry) Conclusion {
	c := Conclusion{Outcome: Appended, Ticket: w.ticket.Number}
	if len(w.block.Lines) > 0 {
		c.Outcome = Commanded
		w.because("commands run: %s", w.lines())
	}
	if entry != nil {
		c.Entry = entry.ID
		w.because("its text became a %s", entry.Kind)
	}
	return c
}

// lines are the commands of the mail in one line, as the diary shows them, with
// those of its macros.
func (w *work) lines() string {
	var lines []string
	for _, r := range w.results[:w.listed] {
		lines = append(lines, r.Line)
	}
	return strings.Join(lines, ", ")
}

// post puts the text into the thread and moves the status as a reply does.
func (w *work) post() (*Entry, error) {
	if !w.posts() {
		return nil, nil
	}
	e := &Entry{Ticket: w.ticket.Number, Kind: w.kind, By: w.actor(), From: w.mail.From, At: w.received,
		Text: w.body(), Markdown: w.markdown, MessageID: w.mail.MessageID, Receipt: w.receipt, Files: w.files, Authenticity: w.mail.Authenticity}
	if w.byDesk {
		e.At = w.now // it may be late, and is not in the past
	}
	added := &Event{Ticket: w.ticket.Number, Kind: NoteAdded, Actor: w.actor()}
	answers := w.kind == Reply && !w.automatic()
	switch {
	case answers:
		added.Kind = ReplyAdded
		w.ticket.spoken(e.At)
	case w.kind == Reply:
		added.Kind, added.After = ReplyAdded, AutomaticReply
	default:
		e.Quoted = joined(w.mail.Signature, w.mail.Quoted)
	}
	if err := w.tx.AddEntry(e); err != nil {
		return nil, fmt.Errorf("add %s to ticket %d: %w", w.kind, w.ticket.Number, err)
	}
	added.Entry = e.ID
	w.events = append(w.events, added)
	if answers && w.used["status"] == "" {
		w.statusAfterReply()
	}
	return e, nil
}

// statusAfterReply is what a public reply does to a status that the agent did
// not set (lifecycle.md g.2).
func (w *work) statusAfterReply() {
	after := w.policy.Departments[w.ticket.Department].AfterReply
	after.Status = cmp.Or(after.Status, Open)
	within := after == State{Status: w.ticket.Status} // an admin's own open status stays
	if s := w.ticket.Status; (s == New || s == Open) && !within {
		w.change(w.ticket.setState(after, w.actor(), w.received))
	}
}

// withoutPrivateAddresses replaces the agents' own addresses, wherever they
// stand in the text, by the department's: attribution lines of mail programs
// carry them.
func (w *work) withoutPrivateAddresses(text string) string {
	public := w.policy.Departments[w.ticket.Department].Address.Email
	return addressLike.ReplaceAllStringFunc(text, func(found string) string {
		if _, ok := w.policy.AgentByAddress(Address{Email: found}); ok {
			return public
		}
		return found
	})
}

// addressLike finds whole addresses, so that one within another is left alone.
var addressLike = regexp.MustCompile(`[\pL\pN.!#$%&'*+/=?^_` + "`" + `{|}~-]+@[\pL\pN.-]*[\pL\pN]`)

// actor is who does the work.
func (w *work) actor() Actor {
	switch {
	case w.byDesk:
		return theDesk
	case w.byOperator():
		return Actor{Kind: ByOperator}
	}
	return Actor{Kind: ByAgent, Name: w.agent.Key}
}

// change keeps an event of the work, if there is one.
func (w *work) change(e *Event) {
	if e != nil {
		w.events = append(w.events, e)
	}
}
