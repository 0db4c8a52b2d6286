package web

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"time"

	"deskpost/ticket"
)

// quickest is how soon a person can have filled in the form. Programs that fill
// in every form they find are quicker, or fill in the input that nobody sees.
const quickest = 3 * time.Second

// A newPage is the form that opens a ticket.
type newPage struct {
	frame
	Departments []string // to choose from; empty when one is chosen
	Department  string
	Name, Email string
	Subject     string
	Text        string
	Fields      []newField
	Problem     string
	Since       int64  // when the form was shown, in Unix time
	Key         string // sent twice, it is done once

	sent    []ticket.File
	visitor visitor
}

// A newField is an input for a field of the admin's.
type newField struct {
	ticket.Field
	Value string
}

// Input is the type of the input in HTML.
func (f newField) Input() string {
	switch f.Type {
	case ticket.DateField:
		return "date"
	case ticket.AddressField:
		return "email"
	case ticket.URLField:
		return "url"
	}
	return "text"
}

// Fact is the value that one of the options is.
func (f newField) Fact(option string) ticket.FieldFact {
	return ticket.FieldFact{Name: f.Name, Type: f.Type, Value: option}
}

// Options are what there is to choose from; nil if it is typed.
func (f newField) Options() []string {
	switch f.Type {
	case ticket.ChoiceField:
		return f.Choices
	case ticket.YesNoField:
		return []string{"yes", "no"}
	}
	return nil
}

func (s *Server) askNew(r *http.Request) (answer, error) {
	return answer{page: "portal-new", data: s.newPage(r, r.URL.Query().Get("for"))}, nil
}

// newPage is the form for a department, or the choice of one.
func (s *Server) newPage(r *http.Request, department string) *newPage {
	policy := s.Desk.Policy()
	p := &newPage{frame: s.portalFrame(r, "page.new"), Since: s.Now().Unix(), Key: rand.Text(), visitor: s.visitorOf(r)}
	all := policy.PortalDepartments()
	for _, name := range all {
		if name == department || len(all) == 1 {
			p.Department = name
		}
	}
	if p.Department == "" {
		p.Departments = all
		return p
	}
	p.Email = p.Customer
	for _, f := range policy.PortalFields(p.Department) {
		p.Fields = append(p.Fields, newField{Field: f})
	}
	return p
}

// sendNew takes the form. Of a customer who is signed in it opens the ticket; all
// others are told the same, whoever they are, and whether a mail was sent or not.
func (s *Server) sendNew(r *http.Request) (answer, error) {
	sent, files, err := s.readCustomerForm(r)
	if err != nil {
		return answer{}, err
	}
	p := s.newPage(r, sent.Get("for"))
	p.sent = files
	p.Name, p.Subject, p.Text = sent.Get("name"), sent.Get("subject"), sent.Get("text")
	if p.Customer == "" {
		p.Email = sent.Get("email")
	}
	o := ticket.Opening{Requester: ticket.Address{Name: p.Name, Email: p.Email}, Subject: p.Subject, Text: p.Text, Department: p.Department, Files: files}
	if lang := cmp.Or(s.chosen(r), accepted(r)); lang != "" {
		o.Languages = []string{lang}
	}
	for i := range p.Fields {
		p.Fields[i].Value = sent.Get("field-" + p.Fields[i].Key)
		o.Fields = append(o.Fields, ticket.FieldValue{Key: p.Fields[i].Key, Value: p.Fields[i].Value})
	}
	if wait := s.hurry(byClient(r)); wait > 0 {
		return p.again(http.StatusTooManyRequests, s.visitorOf(r).wait(wait)), nil
	}
	if since, _ := strconv.ParseInt(sent.Get("since"), 10, 64); s.Now().Sub(time.Unix(since, 0)) < quickest {
		return p.again(http.StatusUnprocessableEntity, s.visitorOf(r).Say("fault.quick")), nil
	}
	if p.Customer != "" {
		o.Key = sent.Get("key")
		return s.openAtOnce(r, p, o)
	}
	if sent.Get("website") != "" { // nobody sees that input
		s.Log.Info("a program filled in the form for new tickets", "from", host(r))
		return s.mailed(r, "portal-mailed", p.Email), nil
	}
	why, err := s.Desk.AskToOpen(r.Context(), o)
	if no, refused := errors.AsType[*ticket.Refusal](err); refused {
		return p.again(statusOf(no.Kind), s.visitorOf(r).refusal(no)), nil
	}
	if err != nil {
		return answer{}, err
	}
	if why != "" {
		s.Log.Warn("a link to confirm a ticket was not mailed", "reason", why, "from", host(r))
	}
	return s.mailed(r, "portal-mailed", p.Email), nil
}

func (s *Server) openAtOnce(r *http.Request, p *newPage, o ticket.Opening) (answer, error) {
	if wait := s.hurry(byCustomer(p.Customer)); wait > 0 {
		return p.again(http.StatusTooManyRequests, s.visitorOf(r).wait(wait)), nil
	}
	done, err := s.Desk.OpenForCustomer(r.Context(), o)
	if no, refused := errors.AsType[*ticket.Refusal](err); refused {
		return p.again(statusOf(no.Kind), s.visitorOf(r).refusal(no)), nil
	}
	if err != nil {
		return answer{}, err
	}
	s.flash(r, s.visitorOf(r).Say("done.opened", "number", done.Ticket))
	return goTo(myPath(done.Ticket)), nil
}

// again shows the form once more, with what was written.
func (p *newPage) again(status int, problem string) answer {
	p.Problem = p.visitor.filesAgain(problem, p.sent)
	return answer{status: status, page: "portal-new", data: p}
}

// A mailedPage says that a link is on its way, if it is.
type mailedPage struct {
	frame
	Email string
}

func (s *Server) mailed(r *http.Request, page, email string) answer {
	return answer{page: page, data: mailedPage{s.portalFrame(r, "form.look"), email}}
}

// askConfirm shows a button and takes nothing; see askLink.
func (s *Server) askConfirm(r *http.Request) (answer, error) {
	return answer{page: "portal-confirm", data: s.portalFrame(r, "form.confirm")}, nil
}

// confirm opens the ticket that waits for the link. Who has the link has the mail:
// they may follow the ticket.
func (s *Server) confirm(r *http.Request) (answer, error) {
	done, by, err := s.Desk.OpenByLink(r.Context(), r.PathValue("token"))
	if err != nil {
		return answer{}, err
	}
	if err := s.let(r, by.Email); err != nil {
		return answer{}, err
	}
	s.flash(r, s.visitorOf(r).Say("done.opened", "number", done.Ticket))
	return goTo(myPath(done.Ticket)), nil
}

func byCustomer(address string) tried { return tried{"customer " + address, writesByAddress} }
