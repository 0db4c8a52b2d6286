package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"deskpost/ticket"
)

// A myPage is a customer's tickets, or the form that mails a link to them.
type myPage struct {
	frame
	Email   string
	Problem string
	Tickets []ticket.CustomerSheet
	Now     time.Time
	Zone    *time.Location
}

func (s *Server) my(r *http.Request) (answer, error) {
	v := s.visitorOf(r)
	p := myPage{frame: s.portalFrame(r, "page.tickets"), Now: s.Now(), Zone: v.zone}
	if p.Customer == "" {
		return answer{page: "portal-ask", data: p}, nil
	}
	var err error
	if p.Tickets, err = s.Desk.TicketsOf(r.Context(), p.Customer); err != nil {
		return answer{}, err
	}
	if len(p.Tickets) > 0 {
		p.Clock = v.clock
	}
	return answer{page: "portal-my", data: p}, nil
}

// askVisit mails a link. Whether there is such a customer shows neither in the
// answer nor in how long it takes.
func (s *Server) askVisit(r *http.Request) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	p := myPage{frame: s.portalFrame(r, "page.tickets"), Email: r.PostForm.Get("email")}
	if wait := s.hurry(byClient(r)); wait > 0 {
		p.Problem = s.visitorOf(r).wait(wait)
		return answer{status: http.StatusTooManyRequests, page: "portal-ask", data: p}, nil
	}
	if len(p.Email) > 254 {
		p.Problem = s.visitorOf(r).Say("fault.address")
		return answer{status: http.StatusUnprocessableEntity, page: "portal-ask", data: p}, nil
	}
	why, err := s.Desk.MailVisit(r.Context(), p.Email)
	if err != nil {
		return answer{}, err
	}
	if why != "" {
		s.Log.Info("no link to a customer's tickets was mailed", "reason", why, "from", host(r))
	}
	return s.mailed(r, "portal-asked", p.Email), nil
}

// askVisitLink shows a button and takes nothing; see askLink.
func (s *Server) askVisitLink(r *http.Request) (answer, error) {
	return answer{page: "portal-link", data: s.portalFrame(r, "page.tickets")}, nil
}

func (s *Server) visit(r *http.Request) (answer, error) {
	address, err := s.Desk.Visit(r.Context(), r.PathValue("token"))
	if err != nil {
		return answer{}, err
	}
	if err := s.let(r, address); err != nil {
		return answer{}, err
	}
	return goTo("/my"), nil
}

// A myTicketPage is a ticket as its customer sees it.
type myTicketPage struct {
	frame
	ticket.CustomerSheet
	Key     string
	Text    string
	Problem string
	Now     time.Time
	Zone    *time.Location

	RatingProblem string
}

func (s *Server) myTicket(r *http.Request, address string) (answer, error) {
	p, err := s.myTicketPage(r, address)
	if err != nil {
		return answer{}, err
	}
	if n, _ := ticketNumber(r); p.Number != n { // it was merged
		s.flash(r, s.visitorOf(r).Say("done.merged", "number", n))
		return goTo(myPath(p.Number)), nil
	}
	p.Flash = s.sessions.PopString(r.Context(), keyFlash)
	return answer{page: "portal-ticket", data: p}, nil
}

func (s *Server) myTicketPage(r *http.Request, address string) (*myTicketPage, error) {
	n, err := ticketNumber(r)
	if err != nil {
		return nil, err
	}
	sheet, err := s.Desk.ReadFor(r.Context(), address, n)
	if err != nil {
		return nil, err
	}
	v := s.visitorOf(r)
	return &myTicketPage{frame: frame{Title: fmt.Sprintf("#%d %s", sheet.Number, sheet.Subject), Portal: true, Customer: address, Clock: v.clock, Here: r.URL.RequestURI()},
		CustomerSheet: sheet, Key: rand.Text(), Now: s.Now(), Zone: v.zone}, nil
}

// writeMine takes what a customer writes, as a mail of theirs would be taken, or how
// content they are.
func (s *Server) writeMine(r *http.Request, address string) (answer, error) {
	n, err := ticketNumber(r)
	if err != nil {
		return answer{}, err
	}
	if _, err := s.Desk.ReadFor(r.Context(), address, n); err != nil {
		return answer{}, err // before its files are kept
	}
	sent, files, err := s.readCustomerForm(r)
	if err != nil {
		return answer{}, err
	}
	if sent.Get("rating") != "" {
		return s.rateMine(r, address, n, sent)
	}
	m := ticket.CustomerMessage{Key: sent.Get("key"), Address: address, Ticket: n, Text: sent.Get("text"), Files: files, Solved: sent.Get("solved") != ""}
	v := s.visitorOf(r)
	if wait := s.hurry(byCustomer(address)); wait > 0 {
		return s.writeAgain(r, address, m.Text, v.filesAgain(v.wait(wait), files), http.StatusTooManyRequests)
	}
	if m.Solved && strings.TrimSpace(m.Text) == "" {
		m.Text = v.Say("thread.solved") // what they say is in their language, as the button was
	}
	done, err := s.Desk.WriteFor(r.Context(), m)
	no, refused := errors.AsType[*ticket.Refusal](err)
	switch {
	case refused && no.Kind != ticket.NotFound:
		return s.writeAgain(r, address, m.Text, v.filesAgain(v.refusal(no), files), statusOf(no.Kind))
	case err != nil:
		return answer{}, err
	case done.Again:
		s.flash(r, v.Say("done.again"))
	case done.Ticket != n:
		s.flash(r, v.Say("done.another", "number", done.Ticket))
	case m.Solved:
		s.flash(r, v.Say("done.solved"))
	default:
		s.flash(r, v.Say("done.sent"))
	}
	return goTo(myPath(done.Ticket) + anchor(done.Entry)), nil
}

// writeAgain shows the ticket once more, with what was written.
func (s *Server) writeAgain(r *http.Request, address, text, problem string, status int) (answer, error) {
	p, err := s.myTicketPage(r, address)
	if err != nil {
		return answer{}, err
	}
	p.Text, p.Problem = text, problem
	return answer{status: status, page: "portal-ticket", data: p}, nil
}

func myPath(n ticket.Number) string { return fmt.Sprintf("/my/%d", n) }
