package ticket

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// doMerge merges the ticket into another one. Who takes part in this one only,
// and would get the replies to the other one from then on, is let in if the agent
// says so, and never by the merge itself: they may be customers of their own.
func doMerge(w *work, args string) (string, error) {
	n, people, err := mergeArgs(args)
	if err != nil {
		return "", err
	}
	switch w.ticket.Status {
	case Spam, Deleted:
		return "", refuse(Conflict, "the ticket is %s: only an admin can bring it back", w.ticket.Status)
	}
	into, err := w.mergeTarget(n)
	if err != nil {
		return "", err
	}
	result := fmt.Sprintf("merged into %d: %s", into.Number, into.Subject)
	if into.Number != n {
		result = fmt.Sprintf("%d was merged into %d; %s", n, into.Number, result)
	}
	newcomers, err := w.newcomers(into)
	if err != nil {
		return "", err
	}
	switch {
	case len(newcomers) > 0 && people == "":
		return "", refuse(Conflict, "%s would get the replies to %d, which is %s's: add +cc if they shall, as in #merge %d +cc, or -cc if not",
			emails(newcomers), into.Number, addressOrNobody(into.Requester), n)
	case people == "-cc" && len(newcomers) > 0:
		result += fmt.Sprintf("; %s will not get the replies there, and what they answer is held for agents to see", emails(newcomers))
		newcomers = nil
	}
	readers, err := w.tx.Participants(into.Number)
	if err != nil {
		return "", fmt.Errorf("read participants of ticket %d: %w", into.Number, err)
	}
	if len(readers)+len(newcomers) > maxCollaborators+1 {
		return "", refuse(Invalid, "ticket %d would have more than %d people beside the requester: write -cc in place of +cc", into.Number, maxCollaborators)
	}
	w.change(w.ticket.setStatus(Merged, w.actor(), w.received))
	w.ticket.MergedInto = into.Number
	w.change(&Event{Ticket: w.ticket.Number, Kind: TicketMerged, Actor: w.actor(), After: fmt.Sprint(into.Number),
		Detail: fmt.Sprintf("goes on in ticket %d", into.Number)})
	w.later(func() (string, error) {
		end, err := w.absorb(into.Number, newcomers)
		return result + end, err
	})
	return result, nil
}

// mergeArgs reads a number and what is to become of the people of the ticket.
func mergeArgs(args string) (n Number, people string, err error) {
	words := strings.Fields(args)
	if len(words) == 2 && (words[1] == "+cc" || words[1] == "-cc") {
		words, people = words[:1], words[1]
	}
	if len(words) == 1 {
		n, err = parseNumber(words[0])
	}
	if len(words) != 1 || err != nil {
		return 0, "", refuse(Invalid, "into which ticket? Write its number, as in #merge 1234")
	}
	return n, people, nil
}

// parseNumber reads a number as people write it, with or without "#".
func parseNumber(word string) (Number, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(word, "#"), 10, 64)
	return Number(n), err
}

// mergeTarget finds the ticket that goes on, where the one that was named does.
func (w *work) mergeTarget(n Number) (*Ticket, error) {
	if n == w.ticket.Number {
		return nil, refuse(Invalid, "a ticket can not be merged into itself")
	}
	into, err := w.readableTicket(n)
	switch {
	case err != nil:
		return nil, err
	case into.Number == w.ticket.Number:
		return nil, refuse(Conflict, "ticket %d was merged into this one", n)
	case into.Status == Spam || into.Status == Deleted:
		return nil, refuse(Conflict, "ticket %d is %s and takes in no other", into.Number, into.Status)
	case !w.may(MayMerge, into.Department):
		return nil, refuse(NotAllowed, "%s", w.missingIn(MayMerge, into.Department))
	}
	return into, nil
}

// readableTicket reads another ticket, or where it goes on, if the agent may
// read that. Which numbers there are is not told to who may not.
func (w *work) readableTicket(n Number) (*Ticket, error) {
	tk, err := w.survivor(n)
	if err != nil {
		return nil, err
	}
	if tk == nil || !w.may(MayRead, tk.Department) {
		return nil, refuse(NotFound, "there is no ticket %d that you may read", n)
	}
	return tk, nil
}

// newcomers are those who take part in this ticket and not in the other one.
func (w *work) newcomers(into *Ticket) ([]Address, error) {
	here, err := w.readers()
	if err != nil {
		return nil, err
	}
	var all []Address
	for _, p := range here {
		member, err := w.takesPart(into.Number, p.Address)
		if err != nil {
			return nil, err
		}
		if !member {
			all = append(all, p.Address)
		}
	}
	return all, nil
}

func emails(list []Address) string {
	var words []string
	for _, a := range list {
		words = append(words, a.Key())
	}
	return strings.Join(words, ", ")
}

// absorb changes the ticket that this one was merged into: it gets the tags, the
// time spent, what fields it has none of, who watched, and who was let in. It says
// who gets its replies now.
func (w *work) absorb(n Number, newcomers []Address) (string, error) {
	into, err := w.tx.Ticket(n)
	if err != nil {
		return "", fmt.Errorf("read ticket %d: %w", n, err)
	}
	diary, err := w.tx.Events(w.ticket.Number)
	if err != nil {
		return "", fmt.Errorf("read diary of ticket %d: %w", w.ticket.Number, err)
	}
	wait, err := waiting(diary)
	if err != nil {
		return "", err
	}
	events := []*Event{{Ticket: n, Kind: TicketAbsorbed, Before: wait.String(), After: fmt.Sprint(w.ticket.Number),
		Detail: fmt.Sprintf("ticket %d was merged into this one: %s", w.ticket.Number, w.ticket.Subject)}}
	tagged, end := w.absorbTags(into)
	events = append(events, tagged)
	if w.ticket.Spent > 0 {
		events = append(events, &Event{Ticket: n, Kind: TimeSpent, Before: spanText(into.Spent), After: spanText(into.Spent + w.ticket.Spent),
			Detail: fmt.Sprintf("on ticket %d", w.ticket.Number)})
		into.Spent += w.ticket.Spent
	}
	if w.ticket.SpokenAt.After(into.SpokenAt) {
		into.SpokenAt = w.ticket.SpokenAt
	}
	joined, err := w.letIn(n, newcomers)
	if err != nil {
		return "", err
	}
	events = append(events, joined)
	watched, err := w.absorbWatchers(into)
	if err != nil {
		return "", err
	}
	filled, result, err := w.absorbFields(into)
	if err != nil {
		return "", err
	}
	events, end = slices.Concat(events, watched, filled), end+result
	if was := into.Status; wait.stirs(was) {
		events = append(events, into.setStatus(Open, w.actor(), w.received))
		end += fmt.Sprintf("; %d: %s -> %s, since there is work left on %d", n, was, Open, w.ticket.Number)
	}
	for _, e := range events {
		if e != nil {
			e.Actor, e.Since = w.actor(), w.received
		}
	}
	if err := w.keep(into, events...); err != nil {
		return "", err
	}
	if err := w.moveLinks(into); err != nil {
		return "", err
	}
	people, err := w.tx.Participants(n)
	if err != nil {
		return "", fmt.Errorf("read participants of ticket %d: %w", n, err)
	}
	var readers []Address
	for _, p := range people {
		readers = append(readers, p.Address)
	}
	if len(readers) > 0 {
		end += "; replies there go to " + emails(readers)
	}
	return end, w.tellMerged(into)
}

// absorbTags gives a ticket the tags of this one, as many as it may have. The
// event is nil if it had them all.
func (w *work) absorbTags(into *Ticket) (*Event, string) {
	tags := slices.Clone(into.Tags)
	left := 0
	for _, tag := range w.ticket.Tags {
		switch {
		case slices.Contains(tags, tag):
		case len(tags) >= maxTags:
			left++
		default:
			tags = append(tags, tag)
		}
	}
	var end string
	if left > 0 {
		end = fmt.Sprintf("; %d of its tags are left out, since a ticket has at most %d", left, maxTags)
	}
	return into.setTags(tags, w.actor()), end
}

// letIn makes people collaborators of another ticket. The event is nil if there
// are none.
func (w *work) letIn(n Number, people []Address) (*Event, error) {
	var words []string
	for _, a := range people {
		if err := w.tx.AddParticipant(Participant{Ticket: n, Address: a, Role: RoleCollaborator, Since: w.now}); err != nil {
			return nil, fmt.Errorf("add a participant of ticket %d: %w", n, err)
		}
		words = append(words, "+"+a.Key())
	}
	if words == nil {
		return nil, nil
	}
	return &Event{Ticket: n, Kind: ParticipantsChanged, Detail: strings.Join(words, " ")}, nil
}

// tellMerged tells those who look after the other ticket, and who looked after
// this one, what they have before them now.
func (w *work) tellMerged(into *Ticket) error {
	latest, err := w.latestMessage()
	if err != nil {
		return err
	}
	told := w.handlers(into)
	if a := w.ticket.Assignee; w.policy.May(a, MayRead, into.Department) && !slices.Contains(told, a) {
		told = append(slices.Clone(told), a)
	}
	for _, key := range told {
		if key == w.agent.Key {
			continue
		}
		err := w.tellAgent(key, into, NoticeMerged, nil, func(n *Notice) {
			w.handover(latest, nil, "")(n)
			n.Facts.Other = fmt.Sprintf("%d (%s)", w.ticket.Number, w.ticket.Subject)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
