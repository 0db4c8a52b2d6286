package ticket

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// doSplit makes a ticket of its own of what a customer wrote.
func doSplit(w *work, args string) (string, error) {
	label, subject, _ := strings.Cut(args, " ")
	switch w.ticket.Status {
	case Spam, Deleted:
		return "", refuse(Conflict, "the ticket is %s: only an admin can bring it back", w.ticket.Status)
	}
	label = strings.Trim(label, "[]#")
	e, err := w.entryLabelled(label)
	if err != nil {
		return "", err
	}
	if e.Kind != Message {
		return "", refuse(Invalid, "entry %s is a %s: only what a customer wrote can be a ticket", label, e.Kind)
	}
	if !w.may(MayCreate, w.ticket.Department) {
		return "", refuse(NotAllowed, "%s", w.missingIn(MayCreate, w.ticket.Department))
	}
	diary, err := w.diaries(w.ticket.Number)
	if err != nil {
		return "", err
	}
	for _, ev := range diary {
		if ev.Kind == EntrySplit && ev.Entry == e.ID {
			return "", refuse(Conflict, "entry %s is ticket %s already", label, ev.After)
		}
	}
	if subject, err = w.splitSubject(e, subject); err != nil {
		return "", err
	}
	w.later(func() (string, error) {
		n, err := w.split(e, label, subject)
		return fmt.Sprintf("entry %s is ticket %d: %s", label, n, subject), err
	})
	return fmt.Sprintf("entry %s becomes a ticket: %s", label, subject), nil
}

// splitSubject is the subject that was given, or that of the author's mail: the
// subject of the ticket may be somebody else's words.
func (w *work) splitSubject(e *Entry, given string) (string, error) {
	if given = strings.TrimSpace(given); given != "" {
		return cleanSubject(given), nil
	}
	if e.Receipt == 0 {
		return w.ticket.Subject, nil // a copy, or not from a mail
	}
	taken, err := w.tx.Taken(e.Receipt)
	if err != nil {
		return "", fmt.Errorf("read the mail of entry %d: %w", e.ID, err)
	}
	return cleanSubject(taken.Subject), nil
}

// entryLabels name the entries of a thread by their IDs, for people to choose
// one: "3" is the third of the ticket, and "1042/3" the third of one that was merged
// into it. The label of an entry never changes.
func entryLabels(entries []Entry, in Number) map[int64]string {
	labels, ranks := make(map[int64]string, len(entries)), map[Number]int{}
	for _, e := range entries {
		ranks[e.Ticket]++
		labels[e.ID] = strconv.Itoa(ranks[e.Ticket])
		if e.Ticket != in {
			labels[e.ID] = fmt.Sprintf("%d/%d", e.Ticket, ranks[e.Ticket])
		}
	}
	return labels
}

// entryLabelled finds an entry of the thread.
func (w *work) entryLabelled(label string) (*Entry, error) {
	entries, err := w.thread(w.ticket.Number)
	if err != nil {
		return nil, err
	}
	labels := entryLabels(entries, w.ticket.Number)
	for i := range entries {
		if labels[entries[i].ID] == label {
			return &entries[i], nil
		}
	}
	if strings.Trim(label, "0123456789/") != "" || label == "" {
		return nil, refuse(Invalid, "which entry? Write its number, as #show has it, and a subject if you like: #split 3 Printer")
	}
	return nil, refuse(NotFound, "there is no entry %s: #show has the numbers", label)
}

// split opens a ticket with a copy of an entry. What was written stays where it
// is too; the files of both are in the same raw mail.
func (w *work) split(e *Entry, label, subject string) (Number, error) {
	next, err := w.tx.Next("ticket", int64(FirstNumber))
	if err != nil {
		return 0, fmt.Errorf("number a ticket: %w", err)
	}
	tk := &Ticket{Number: Number(next), Subject: subject, Status: New, Priority: w.ticket.Priority, Department: w.ticket.Department,
		Plan: w.ticket.Plan, PlanPinned: w.ticket.PlanPinned, Requester: requester(&Mail{From: e.From}),
		OpenedAt: e.At, StatusAt: e.At, UpdatedAt: w.now, SpokenAt: e.At}
	if err := w.tx.Save(tk); err != nil {
		return 0, fmt.Errorf("save ticket %d: %w", tk.Number, err)
	}
	if tk.Requester.Email != "" {
		p := Participant{Ticket: tk.Number, Address: tk.Requester, Role: RoleRequester, Since: w.now}
		if err := w.tx.AddParticipant(p); err != nil {
			return 0, fmt.Errorf("add requester of ticket %d: %w", tk.Number, err)
		}
	}
	entry, err := w.copyEntry(e, tk.Number)
	if err != nil {
		return 0, err
	}
	if err := w.openSplit(tk, e, entry, label); err != nil {
		return 0, err
	}
	return tk.Number, w.tellOfSplit(tk, entry)
}

// tellOfSplit tells of the new ticket all who would hear of one, and also the
// agent who made it: only who has a mail about it can answer it.
func (w *work) tellOfSplit(tk *Ticket, entry *Entry) error {
	told, err := w.audience(tk, NoticeNew, "")
	if err != nil {
		return err
	}
	for _, key := range told {
		if err := w.tellAgent(key, tk, NoticeNew, entry, func(n *Notice) { n.Facts.Actor = w.agent.Name }); err != nil {
			return err
		}
	}
	return nil
}

// copyEntry adds a copy of an entry to another ticket. Its Message-ID is known on
// both: who answers it comes to the older one, where they take part in that.
func (w *work) copyEntry(e *Entry, n Number) (*Entry, error) {
	c := *e
	c.ID, c.Ticket, c.CopyOf, c.Receipt, c.Held = 0, n, e.ID, 0, false
	c.Files = slices.Clone(e.Files)
	if err := w.tx.AddEntry(&c); err != nil {
		return nil, fmt.Errorf("copy entry %d to ticket %d: %w", e.ID, n, err)
	}
	if err := w.tx.Know(n, []string{c.MessageID}); err != nil {
		return nil, fmt.Errorf("remember the message id of ticket %d: %w", n, err)
	}
	return &c, nil
}

// openSplit writes into the diaries of both tickets how the new one came about,
// and links them.
func (w *work) openSplit(tk *Ticket, from, entry *Entry, label string) error {
	answered, err := w.answeredSince(from)
	if err != nil {
		return err
	}
	opened := &Event{Ticket: tk.Number, Since: from.At, Kind: TicketOpened, Actor: w.actor(), After: string(New), Entry: entry.ID}
	split := &Event{Ticket: tk.Number, Since: from.At, Kind: SplitFrom, Actor: w.actor(), After: fmt.Sprint(w.ticket.Number),
		Detail: fmt.Sprintf("entry %s of ticket %d", label, w.ticket.Number)}
	if answered {
		split.Before = answeredThere
	}
	given, err := w.assignByRule(tk)
	if err != nil {
		return err
	}
	l := Link{w.ticket.Number, RelatedTo, tk.Number}.Straight()
	if _, err := w.tx.AddLink(l); err != nil {
		return fmt.Errorf("link ticket %d to %d: %w", tk.Number, w.ticket.Number, err)
	}
	linked := l.event(tk.Number, LinkAdded, w.actor())
	linked.Since = from.At
	if given != nil {
		given.Since = from.At
	}
	if err := w.keep(tk, opened, split, given, linked); err != nil {
		return err
	}
	if answered {
		if err := w.keep(tk, tk.setStatus(Open, w.actor(), w.received)); err != nil {
			return err
		}
	}
	return w.record(&Event{Ticket: from.Ticket, Kind: EntrySplit, Actor: w.actor(), After: fmt.Sprint(tk.Number), Entry: from.ID,
		Detail: fmt.Sprintf("entry %s is ticket %d", label, tk.Number)}, l.event(w.ticket.Number, LinkAdded, w.actor()))
}

// answeredThere stands in the diary of a ticket that was split off when its entry
// had an answer already.
const answeredThere = "answered"

// answeredSince reports whether an entry has had an answer that its author got:
// a reply since then, or that the ticket was done.
func (w *work) answeredSince(e *Entry) (bool, error) {
	if e.Held {
		return false, nil
	}
	diary, err := w.diaries(w.ticket.Number)
	if err != nil {
		return false, err
	}
	lost := map[int64]bool{} // replies that reached nobody
	var added int64          // the event that came with the entry
	for _, ev := range diary {
		switch {
		case ev.Kind == ReplyUndelivered:
			lost[ev.Entry] = true
		case ev.Entry == e.ID && ev.Kind.addsEntry():
			added = ev.ID
		}
	}
	return slices.ContainsFunc(diary, func(ev Event) bool {
		status, _, _ := strings.Cut(ev.After, "/")
		answers := ev.Kind == ReplyAdded && !lost[ev.Entry] || ev.Kind == StatusChanged && Status(status).Standing() == Resolved.Standing()
		at := ev.Happened()
		return answers && (at.After(e.At) || at.Equal(e.At) && ev.ID > added)
	}), nil
}
