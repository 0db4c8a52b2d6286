package web

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"

	"deskpost/ticket"
)

// What a browser may do with a mail shown as it was sent: draw it, and open a link
// in a window that is not locked up with it. The mail has no origin, so it has no
// cookie, and neither scripts nor forms (decisions.md 37). Pictures are the desk's;
// those of others only where an agent has asked for them.
const (
	policyOfSent         = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; form-action 'none'; base-uri 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
	policyOfSentPictures = "default-src 'none'; img-src 'self' https:; style-src 'unsafe-inline'; frame-ancestors 'self'; form-action 'none'; base-uri 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)

// MailHTML draws the HTML of a whole mail so that it is harmless to show in a frame
// of its own. The pictures that came with it are at the addresses that picture
// gives to their parts; those on other hosts are left out, and counted, unless
// remote is set. "" is that of a mail without HTML; the error is fs.ErrNotExist if
// the mail is lost.
type MailHTML func(mail ticket.File, picture func(part string) string, remote bool) (safe string, withheld int, err error)

// A sentMail is the document in the frame.
type sentMail struct {
	HTML     template.HTML
	Withheld int // pictures on other hosts that are not shown
	Problem  string
}

// sent shows the HTML of a mail as it was sent, without what is on other hosts.
func (s *Server) sent(r *http.Request, agent ticket.Agent) (answer, error) {
	if to := r.Header.Get("Sec-Fetch-Dest"); to == "document" {
		// In a window of its own, under the desk's address, a stranger's mail could pass for the desk.
		n, err := ticketNumber(r)
		return goTo(pathOf(n)), err
	}
	return s.drawSent(r, agent, false, policyOfSent)
}

// sentWithPictures shows it once with the pictures that are on other hosts. It is
// a POST because their owners learn of it: a link, which a mail or another site
// may hold, must not do that, and a frame without forms cannot.
func (s *Server) sentWithPictures(r *http.Request, agent ticket.Agent) (answer, error) {
	return s.drawSent(r, agent, true, policyOfSentPictures)
}

func (s *Server) drawSent(r *http.Request, agent ticket.Agent, remote bool, policy string) (answer, error) {
	n, err := ticketNumber(r)
	if err != nil {
		return answer{}, err
	}
	id, err := idOf(r)
	if err != nil {
		return answer{}, err
	}
	mail, err := s.Desk.WholeMail(r.Context(), agent.Key, n, id)
	if err != nil {
		return answer{}, err
	}
	at := func(part string) string { return "/pictures/" + s.Desk.PartAddress(mail.Raw, part) }
	safe, withheld, err := s.MailHTML(mail, at, remote)
	if errors.Is(err, fs.ErrNotExist) {
		s.Log.Error("a mail is lost: deskpost verify lists what else is missing", "ticket", n, "entry", id, "raw", fmt.Sprintf("%x", mail.Raw), "error", err)
		return answer{status: http.StatusInternalServerError, page: "sent", policy: policy,
			data: sentMail{Problem: "The mail is missing from the store. The admin finds more in the log, and may have it in a backup."}}, nil
	}
	if err != nil {
		return answer{}, fmt.Errorf("draw the mail of entry %d of ticket %d: %w", id, n, err)
	}
	if safe == "" {
		return answer{}, notFound()
	}
	return answer{page: "sent", policy: policy, data: sentMail{HTML: template.HTML(safe), Withheld: withheld}}, nil
}
