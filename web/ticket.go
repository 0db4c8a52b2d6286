package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"deskpost/ticket"
)

// A ticketPage is a ticket with its thread, and the forms that change it.
type ticketPage struct {
	frame
	ticket.Sheet
	Number     ticket.Number
	Thread     []item
	Others     []string // who takes part beside the requester
	Readers    []string // whom a reply goes to
	Clocks     []clockLine
	Instants   []namedWords
	Properties []property
	Verbs      []string

	MayReply, MayNote, MayChange bool

	Key     string // of the form: sent twice, it is done once
	Form    form
	Refused *ticket.Transcript
	Report  []string // answers to #show, #list and #help
	Problem string

	Now  time.Time
	Zone *time.Location
}

// A form is what was written on a ticket, so that it is there again when it was
// refused.
type form struct {
	Kind, Text, Commands string
}

// An item is an entry or an event, ready to be shown.
type item struct {
	ticket.Item
	Class    string
	Kind     string
	From     ticket.Number // of the merged ticket that it is on; 0 for this one
	Waits    bool          // for somebody to take or reject it
	Delivery []delivery
}

// A delivery says how far a mail has come, for one of its recipients.
type delivery struct {
	Address, State, Class string
}

type namedWords struct{ Name, Words string }

// ticketNumber is the ticket that a path names.
func ticketNumber(r *http.Request) (ticket.Number, error) {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil || n <= 0 {
		return 0, notFound()
	}
	return ticket.Number(n), nil
}

func (s *Server) ticket(r *http.Request, agent ticket.Agent) (answer, error) {
	n, err := ticketNumber(r)
	if err != nil {
		return answer{}, err
	}
	p, err := s.ticketPage(r, agent, n)
	if no, refused := errors.AsType[*ticket.Refusal](err); refused && no.Kind == ticket.NotFound && s.sessions.Exists(r.Context(), keyFlash) {
		return goTo("/"), nil // they have just given it away, and are told so among their own tickets
	}
	if err != nil {
		return answer{}, err
	}
	if p.Number != n { // it was merged
		s.flash(r, "Ticket "+strconv.FormatInt(int64(n), 10)+" was merged into this one.")
		return goTo(pathOf(p.Number)), nil
	}
	p.Form.Kind = string(ticket.Note)
	if p.MayReply && agent.ReplyAs != ticket.Note {
		p.Form.Kind = string(ticket.Reply)
	}
	return answer{page: "ticket", data: p}, nil
}

func pathOf(n ticket.Number) string { return "/tickets/" + strconv.FormatInt(int64(n), 10) }

func (s *Server) ticketPage(r *http.Request, agent ticket.Agent, n ticket.Number) (*ticketPage, error) {
	sheet, err := s.Desk.Read(r.Context(), agent.Key, n)
	if err != nil {
		return nil, err
	}
	policy, tk := s.Desk.Policy(), &sheet.Ticket
	may := func(right ticket.Right) bool { return policy.May(agent.Key, right, tk.Department) }
	p := &ticketPage{Sheet: sheet, Number: tk.Number, Key: rand.Text(), Now: s.Now(), Zone: policy.ZoneOf(agent),
		MayReply: may(ticket.MayReply), MayNote: may(ticket.MayNote), Properties: properties(policy, agent, tk)}
	if p.frame, err = s.frame(r, agent, "#"+strconv.FormatInt(int64(tk.Number), 10)+" "+tk.Subject, ""); err != nil {
		return nil, err
	}
	for _, property := range p.Properties {
		p.MayChange = p.MayChange || !property.Fixed
	}
	for _, one := range sheet.Participants {
		address := one.Address.Email
		if one.Address.Name != "" {
			address = one.Address.Name + " <" + address + ">"
		}
		p.Readers = append(p.Readers, address)
		if one.Role != ticket.RoleRequester {
			p.Others = append(p.Others, address)
		}
	}
	for _, it := range sheet.Thread {
		if it.Event == ticket.CommandsRun {
			continue // each has an event that says what it changed
		}
		p.Thread = append(p.Thread, newItem(it, tk.Number))
	}
	p.Clocks = clockLines(sheet.Clocks, p.Now, p.Zone)
	for _, i := range []struct {
		name string
		at   time.Time
	}{{"Opened", tk.OpenedAt}, {"Comes back", tk.FollowUp}, {"Snoozed until", tk.Snoozed}, {"Resolved", tk.ResolvedAt}, {"Closed", tk.ClosedAt}} {
		if !i.at.IsZero() {
			p.Instants = append(p.Instants, namedWords{i.name, i.at.In(p.Zone).Format("Mon 2 Jan 2006, 15:04 MST")})
		}
	}
	for _, verb := range ticket.Verbs() {
		p.Verbs = append(p.Verbs, verb.Name)
	}
	return p, nil
}

func newItem(it ticket.Item, in ticket.Number) item {
	out := item{Item: it}
	if it.Ticket != in {
		out.From = it.Ticket
	}
	if it.Entry == nil {
		return out
	}
	out.Class = string(it.Entry.Kind)
	out.Kind = strings.ToUpper(out.Class[:1]) + out.Class[1:]
	if it.Entry.Held {
		out.Class, out.Kind, out.Waits = out.Class+" held", "Held "+out.Class, !it.Entry.Denied
		if it.Entry.Denied {
			out.Kind = "Rejected " + string(it.Entry.Kind)
		}
	}
	for _, to := range it.Delivery {
		d := delivery{Address: to.Address.Email}
		switch {
		case !to.SentAt.IsZero():
			d.State = "sent"
		case !to.FailedAt.IsZero():
			d.State, d.Class = "not delivered: "+to.Answer, "bad"
		case to.Answer != "":
			d.State = "not yet sent: " + to.Answer
		default:
			d.State = "waits to be sent"
		}
		out.Delivery = append(out.Delivery, d)
	}
	return out
}

// BadgeClass is how a badge on a sender looks, beside what it says.
func (*ticketPage) BadgeClass(badge string) string {
	switch {
	case strings.HasPrefix(badge, "verified"):
		return "good"
	case strings.HasPrefix(badge, "FORGED"):
		return "bad"
	}
	return ""
}

// change does what was written into one of the forms of a ticket, with the words
// and the rules of a mail. What is refused stays in the form.
func (s *Server) change(r *http.Request, agent ticket.Agent) (answer, error) {
	n, err := ticketNumber(r)
	if err != nil {
		return answer{}, err
	}
	sent, files, err := s.readForm(r)
	if err != nil {
		return answer{}, err
	}
	q := ticket.Request{Origin: ticket.FromForm, Key: sent.Get("key"), Agent: agent.Key, Ticket: n, Files: files, Sure: sent.Get("sure") != ""}
	var written form
	if sent.Get("properties") != "" {
		q.Text = strings.Join(changes(sent), "\n")
		if q.Text == "" {
			return goTo(pathOf(n)), nil
		}
	} else {
		written = form{Kind: sent.Get("kind"), Text: sent.Get("text"), Commands: sent.Get("commands")}
		q.Kind, q.Text = ticket.EntryKind(written.Kind), written.request(sent.Get("also"))
		q.Seen, _ = strconv.ParseInt(sent.Get("seen"), 10, 64) // without a number nothing is checked
	}
	done, err := s.Desk.Do(r.Context(), q)
	no, refused := errors.AsType[*ticket.Refusal](err)
	switch {
	case refused && no.Kind != ticket.NotFound:
		return s.again(r, agent, n, written, func(p *ticketPage) { p.Problem = sentence(no.Text) }, statusOf(no.Kind))
	case err != nil:
		return answer{}, err
	case !done.Done:
		return s.again(r, agent, n, written, func(p *ticketPage) { p.Refused = &done }, http.StatusUnprocessableEntity)
	case len(done.Report) > 0:
		return s.again(r, agent, n, form{Kind: written.Kind}, func(p *ticketPage) { p.Report = done.Report }, http.StatusOK)
	default:
		s.flash(r, outcome(done))
	}
	return goTo(pathOf(done.Ticket) + anchor(done.Entry)), nil
}

// again shows the ticket once more, with what was written.
func (s *Server) again(r *http.Request, agent ticket.Agent, n ticket.Number, written form, say func(*ticketPage), status int) (answer, error) {
	p, err := s.ticketPage(r, agent, n)
	if err != nil {
		return answer{}, err
	}
	p.Form = written
	say(p)
	return answer{status: status, page: "ticket", data: p}, nil
}

// request is the form as the mail that it stands for: commands, each on a line,
// then the text.
func (f form) request(also string) string {
	var lines []string
	for _, word := range strings.Fields(f.Commands + " " + also) {
		if len(lines) == 0 || beginsCommand(word) {
			lines = append(lines, "#"+strings.TrimPrefix(word, "#"))
			continue
		}
		lines[len(lines)-1] += " " + word
	}
	return strings.TrimSpace(strings.Join(lines, "\n") + "\n\n" + f.Text)
}

// beginsCommand reports whether a word is a command and not the number of a
// ticket, as in #merge #1002.
func beginsCommand(word string) bool {
	return strings.HasPrefix(word, "#") && (len(word) == 1 || word[1] < '0' || word[1] > '9')
}

// outcome says in one line what was done.
func outcome(done ticket.Transcript) string {
	if done.Again {
		return "That was done already, when you sent it first."
	}
	var parts []string
	for _, line := range done.Results {
		parts = append(parts, line.Line+": "+line.Result)
	}
	if len(parts) == 0 {
		return "Done."
	}
	return strings.Join(parts, "; ")
}

func anchor(entry int64) string {
	if entry == 0 {
		return ""
	}
	return "#e" + strconv.FormatInt(entry, 10)
}
