package ticket

import (
	"fmt"
	"strings"
	"time"

	"deskpost/ticket/command"
)

// Limits on the time that agents say they worked.
const (
	maxSpan  = 24 * time.Hour // in one line: a day of 24 hours is hardly what "3d" meant
	maxSpent = 10_000 * time.Hour
)

// doTime adds to the time spent on a ticket, or takes off what was too much.
func doTime(w *work, args string) (string, error) {
	span, err := readSpan(args)
	if err != nil {
		return "", err
	}
	before, after := w.ticket.Spent, w.ticket.Spent+span
	switch {
	case after < 0:
		return "", refuse(Conflict, "takes off more than there is: %s in all", spanText(before))
	case after > maxSpent:
		return "", refuse(Invalid, "makes more than %s in all: correct it with a minus first", spanText(maxSpent))
	}
	w.ticket.Spent = after
	w.change(&Event{Ticket: w.ticket.Number, Kind: TimeSpent, Actor: w.actor(), Before: spanText(before), After: spanText(after)})
	return fmt.Sprintf("time spent: %s -> %s", spanText(before), spanText(after)), nil
}

// readSpan reads such as 25m, 1h30 or -10m.
func readSpan(args string) (time.Duration, error) {
	unsigned := strings.TrimLeft(args, "+-")
	span, err := command.Duration(unsigned)
	switch sign := args[:len(args)-len(unsigned)]; {
	case err != nil:
		return 0, refuse(Invalid, "%s", err)
	case span > maxSpan:
		return 0, refuse(Invalid, "%s is more than a line can add: write hours, %s at most", spanText(span), spanText(maxSpan))
	case sign == "", sign == "+":
		return span, nil
	case sign == "-", sign == "--": // telephones make a long dash of a minus
		return -span, nil
	}
	return 0, refuse(Invalid, "has more than one sign: write such as 25m, or -10m to take some off")
}

// spanText writes a span in hours and minutes. time.ParseDuration reads it back.
func spanText(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	hours, minutes := int64(d/time.Hour), int64(d%time.Hour/time.Minute)
	switch {
	case hours == 0:
		return fmt.Sprintf("%s%dm", sign, minutes)
	case minutes == 0:
		return fmt.Sprintf("%s%dh", sign, hours)
	}
	return fmt.Sprintf("%s%dh%dm", sign, hours, minutes)
}

// spentLine says how long agents have worked on a ticket, in all and each, ""
// if nobody said so. Its diary and what is to go there know who.
func (t *turn) spentLine(tk *Ticket, diary []Event, pending []*Event) string {
	var order []Actor
	spent := map[Actor]time.Duration{}
	add := func(e *Event) {
		if e.Kind != TimeSpent || e.Detail != "" {
			return // what came with a merged ticket is in the diary of that
		}
		if _, known := spent[e.Actor]; !known {
			order = append(order, e.Actor)
		}
		spent[e.Actor] += spanOf(e.After) - spanOf(e.Before)
	}
	for i := range diary {
		add(&diary[i])
	}
	for _, e := range pending {
		add(e)
	}
	if order == nil {
		return ""
	}
	var each []string
	for _, a := range order {
		each = append(each, t.policy.actorName(a)+" "+spanText(spent[a]))
	}
	return fmt.Sprintf("time spent: %s (%s)", spanText(tk.Spent), strings.Join(each, ", "))
}

// spanOf reads what spanText wrote, 0 if it is something else.
func spanOf(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return d
}
