package web

import (
	"net/http"
	"time"

	"deskpost/ticket"
)

// A quarantinePage is what was kept out of all threads, and waits for somebody to
// decide.
type quarantinePage struct {
	frame
	Mails []ticket.QuarantinedMail
	More  bool
	Now   time.Time
	Zone  *time.Location
}

// Excerpt is the beginning of what a mail says.
func (quarantinePage) Excerpt(m ticket.QuarantinedMail) string {
	const most = 500
	if text := []rune(m.Mail.NewText); len(text) > most {
		return string(text[:most]) + " (...)"
	}
	return m.Mail.NewText
}

func (s *Server) quarantine(r *http.Request, agent ticket.Agent) (answer, error) {
	p := quarantinePage{Now: s.Now(), Zone: s.Desk.Policy().ZoneOf(agent)}
	var err error
	if p.Mails, err = s.Desk.Quarantined(r.Context(), agent.Key, listed+1); err != nil {
		return answer{}, err
	}
	if p.More = len(p.Mails) > listed; p.More {
		p.Mails = p.Mails[:listed]
	}
	p.frame, err = s.frame(r, agent, "Quarantine", "")
	return answer{page: "quarantine", data: p}, err
}

// judgeMail releases or rejects a mail in quarantine.
func (s *Server) judgeMail(r *http.Request, agent ticket.Agent) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	id, err := idOf(r)
	if err != nil {
		return answer{}, err
	}
	switch r.PostForm.Get("decision") {
	case "release":
		n, err := s.Desk.ReleaseMail(r.Context(), agent.Key, id)
		if err != nil {
			return answer{}, err
		}
		s.flash(r, "Released. It is on this ticket, as a mail that proves nothing.")
		return goTo(pathOf(n)), nil
	case "reject":
		if err := s.Desk.RejectMail(r.Context(), agent.Key, id); err != nil {
			return answer{}, err
		}
		s.flash(r, "Rejected. Nobody is told.")
		return goTo("/quarantine"), nil
	}
	return answer{}, &ticket.Refusal{Kind: ticket.Invalid, Text: "Say whether the mail is to be released or rejected."}
}
