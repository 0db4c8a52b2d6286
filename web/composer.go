package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"deskpost/ticket"
)

// A composer is where an agent writes on a ticket, and what came of the last try.
type composer struct {
	Key     string // of the form: sent twice, it is done once
	Verbs   []string
	Canned  []ticket.Canned // that may be put into the text
	Form    form
	Kept    []ticket.File   // that go along, unless their box is cleared
	Begun   time.Time       // when what is in the form was kept; zero if it was not
	Preview *ticket.Preview // what would come of the form
	Refused *ticket.Transcript
	Report  []string // answers to #show, #list and #help
	Problem string
}

// A form is what was written on a ticket, so that it is there again when it was
// refused.
type form struct {
	Kind, Text, Commands string
	Sure                 bool // the text may hold words that only agents have seen
}

func (s *Server) composer() composer {
	c := composer{Key: rand.Text()}
	for _, verb := range ticket.Verbs() {
		c.Verbs = append(c.Verbs, verb.Name)
	}
	return c
}

// usualKind is what a text becomes unless its author chooses.
func (p *ticketPage) usualKind(agent ticket.Agent) string {
	if p.MayReply && agent.ReplyAs != ticket.Note {
		return string(ticket.Reply)
	}
	return string(ticket.Note)
}

// change does what was written into one of the forms of a ticket, with the words
// and the rules of a mail. What is refused stays in the form.
func (s *Server) change(r *http.Request, agent ticket.Agent) (answer, error) {
	n, sent, files, err := s.sentOn(r)
	if err != nil {
		return answer{}, err
	}
	var written form
	q := ticket.Request{Origin: ticket.FromForm, Key: sent.Get("key"), Agent: agent.Key, Ticket: n}
	if sent.Get("properties") != "" {
		q.Text = strings.Join(changes(sent), "\n")
		if q.Text == "" {
			return goTo(pathOf(n)), nil
		}
	} else {
		written = newForm(sent)
		written.into(&q, sent)
		q.Files, q.Kept, q.Ends = files, keptIn(sent), true
	}
	done, err := s.Desk.Do(r.Context(), q)
	no, refused := errors.AsType[*ticket.Refusal](err)
	switch {
	case refused && no.Kind != ticket.NotFound:
		return s.refused(r, agent, n, sent, files, func(p *ticketPage) { p.Problem = no.Sentence() }, statusOf(no.Kind))
	case err != nil:
		return answer{}, err
	case !done.Done:
		return s.refused(r, agent, n, sent, files, func(p *ticketPage) { p.Refused = &done }, http.StatusUnprocessableEntity)
	case len(done.Report) > 0:
		return s.again(r, agent, n, form{Kind: written.Kind}, func(p *ticketPage) { p.Report = done.Report }, http.StatusOK)
	default:
		s.flash(r, outcome(done))
	}
	return goTo(pathOf(done.Ticket) + anchor(done.Entry)), nil
}

// preview shows what would come of the form, above it.
func (s *Server) preview(r *http.Request, agent ticket.Agent) (answer, error) {
	n, sent, files, err := s.sentOn(r)
	if err != nil {
		return answer{}, err
	}
	begun, err := s.keepUnsent(r, agent, n, sent, files)
	if err != nil {
		return answer{}, err
	}
	written := newForm(sent)
	q := ticket.Request{Origin: ticket.FromForm, Agent: agent.Key, Ticket: n, Ends: true}
	written.into(&q, sent)
	for _, f := range begun.Files {
		q.Kept = append(q.Kept, f.ID)
	}
	would, err := s.Desk.Preview(r.Context(), q)
	no, refused := errors.AsType[*ticket.Refusal](err)
	switch {
	case refused && no.Kind != ticket.NotFound:
		return s.again(r, agent, n, written, func(p *ticketPage) { p.Problem = no.Sentence() }, statusOf(no.Kind))
	case err != nil:
		return answer{}, err
	case !would.Done:
		return s.again(r, agent, n, written, func(p *ticketPage) { p.Refused = &would.Transcript }, http.StatusUnprocessableEntity)
	}
	return s.again(r, agent, n, written, func(p *ticketPage) {
		if p.Report = would.Report; len(p.Report) == 0 {
			p.Preview = &would
		}
	}, http.StatusOK)
}

// sentOn reads a form that was sent on a ticket.
func (s *Server) sentOn(r *http.Request) (ticket.Number, url.Values, []ticket.File, error) {
	n, err := ticketNumber(r)
	if err != nil {
		return 0, nil, nil, err
	}
	sent, files, err := s.readForm(r)
	return n, sent, files, err
}

func newForm(sent url.Values) form {
	return form{Kind: sent.Get("kind"), Text: sent.Get("text"), Commands: sent.Get("commands"), Sure: sent.Get("sure") != ""}
}

// into makes a request of the form.
func (f form) into(q *ticket.Request, sent url.Values) {
	q.Kind, q.Text, q.Markdown, q.Sure = ticket.EntryKind(f.Kind), f.request(sent.Get("also")), true, f.Sure
	q.Seen, _ = strconv.ParseInt(sent.Get("seen"), 10, 64) // without a number nothing is checked
}

// refused shows the ticket once more, with what was written, which is kept too. Of
// the form for properties there is nothing to keep.
func (s *Server) refused(r *http.Request, agent ticket.Agent, n ticket.Number, sent url.Values, files []ticket.File, say func(*ticketPage), status int) (answer, error) {
	if sent.Get("properties") != "" {
		return s.again(r, agent, n, form{}, say, status)
	}
	if _, err := s.keepUnsent(r, agent, n, sent, files); err != nil {
		return answer{}, err
	}
	return s.again(r, agent, n, newForm(sent), say, status)
}

// again shows the ticket once more, with what was written.
func (s *Server) again(r *http.Request, agent ticket.Agent, n ticket.Number, written form, say func(*ticketPage), status int) (answer, error) {
	p, err := s.ticketPage(r, agent, n)
	if err != nil {
		return answer{}, err
	}
	begun, err := s.Desk.Unsent(r.Context(), agent.Key, n)
	if err != nil {
		return answer{}, err
	}
	p.resume(begun)
	if written.Kind != "" {
		p.Form = written
	}
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
