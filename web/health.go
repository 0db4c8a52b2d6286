package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"deskpost/ticket"
)

// Facts are what the program knows of itself, for the page about the desk's
// health.
type Facts struct {
	Version  string
	Database string // where it is, without a password
	Bytes    int64  // that it takes up

	Certificates []Certificate // of the mail servers, as this program saw them last
}

// A Certificate is what a mail server proves its name with.
type Certificate struct {
	Server string // host and port
	Until  time.Time
}

// Soon reports whether it is time to renew it.
func (c Certificate) Soon(now time.Time) bool { return c.Until.Sub(now) < ticket.EndsSoon }

// A healthPage is how the desk does.
type healthPage struct {
	frame
	ticket.Health
	Facts    Facts
	Troubles []string // what is wrong, in sentences; none is good news
	Trying   []noticeLine
	Held     []noticeLine
	Outcomes []namedCount
	Now      time.Time
	Zone     *time.Location
}

// A noticeLine is a mail that waits.
type noticeLine struct {
	ID       int64
	Ticket   ticket.Number // 0 if it is about none
	Kind     string
	To       string
	Since    time.Time
	Attempts int
	Said     string // by the mail server, or why it is held
}

type namedCount struct {
	Name  string
	Count int
}

func (s *Server) health(r *http.Request, agent ticket.Agent) (answer, error) {
	h, err := s.Desk.Health(r.Context(), agent.Key)
	if err != nil {
		return answer{}, err
	}
	facts, err := s.Facts(r.Context())
	if err != nil {
		return answer{}, err
	}
	p := healthPage{Health: h, Facts: facts, Troubles: append(troubles(&h), endings(&h, &facts)...), Now: s.Now(), Zone: s.Desk.Policy().ZoneOf(agent)}
	if p.frame, err = s.frame(r, agent, "Health", ""); err != nil {
		return answer{}, err
	}
	for _, n := range h.Trying {
		p.Trying = append(p.Trying, newNoticeLine(&n))
	}
	for _, n := range h.Held {
		p.Held = append(p.Held, newNoticeLine(&n))
	}
	for _, o := range ticket.Outcomes {
		if h.Outcomes[o] > 0 {
			p.Outcomes = append(p.Outcomes, namedCount{string(o), h.Outcomes[o]})
		}
	}
	return answer{page: "health", data: p}, nil
}

// troubles are the sentences that an admin wants to read first.
func troubles(h *ticket.Health) []string {
	var all []string
	for _, m := range h.Mailboxes {
		switch {
		case m.Read.IsZero():
			all = append(all, m.Address.Email+" was never read to its end.")
		case m.Late:
			all = append(all, m.Address.Email+" was not read for "+ticket.Roughly(h.At.Sub(m.Read))+". The log says why.")
		}
		if n := len(m.Failures) + m.More; n > 0 {
			all = append(all, plural(n, "mail")+" of "+m.Address.Email+" could not be taken yet.")
		}
	}
	if h.Waits {
		all = append(all, "Deadlines wait until all mailboxes are read.")
	}
	if waited := h.At.Sub(h.Longest); !h.Longest.IsZero() && waited > 10*time.Minute {
		all = append(all, "Mail waits to be sent for "+ticket.Roughly(waited)+".")
	}
	for _, w := range h.Webhooks {
		switch {
		case !w.PausedAt.IsZero():
			all = append(all, "The webhook "+w.Key+" is paused, since its receiver says that it is gone.")
		case !w.FailingAt.IsZero() && h.At.Sub(w.FailingAt) > 10*time.Minute:
			all = append(all, "The webhook "+w.Key+" has taken nothing for "+ticket.Roughly(h.At.Sub(w.FailingAt))+".")
		}
		if n := len(w.GivenUp) + w.GivenUpMore; n > 0 {
			all = append(all, plural(n, "delivery")+" to the webhook "+w.Key+" could not be made: given up.")
		}
	}
	if n := len(h.Held) + h.HeldMore; n > 0 {
		all = append(all, plural(n, "mail")+" wait for you to be released or dropped.")
	}
	return all
}

// endings are the sentences about what has to be renewed.
func endings(h *ticket.Health, facts *Facts) []string {
	var all []string
	for _, c := range facts.Certificates {
		if c.Soon(h.At) {
			all = append(all, "The certificate of "+c.Server+" ends on "+c.Until.UTC().Format("2 January 2006")+": its operator has to renew it.")
		}
	}
	for _, k := range h.Ending {
		all = append(all, "The token “"+k.Name+"” of "+k.Owner+" ends on "+k.ExpiresAt.UTC().Format("2 January 2006")+".")
	}
	return all
}

func plural(n int, word string) string {
	if n == 1 {
		return "One " + word
	}
	if stem, ok := strings.CutSuffix(word, "y"); ok {
		return strconv.Itoa(n) + " " + stem + "ies"
	}
	return strconv.Itoa(n) + " " + word + "s"
}

func newNoticeLine(n *ticket.Notice) noticeLine {
	line := noticeLine{ID: n.ID, Ticket: n.Ticket, Kind: string(n.Kind), Since: n.QueuedAt, Attempts: n.Attempts, Said: n.HeldWhy}
	var to []string
	for _, r := range n.Recipients {
		if r.Outstanding() {
			to = append(to, r.Address.Email)
			if line.Said == "" {
				line.Said = r.Answer
			}
		}
	}
	line.To = strings.Join(to, ", ")
	return line
}

// alive tells a proxy or a monitor, who know nobody's password, whether the page
// and the store behind it work, and no more.
func (s *Server) alive(w http.ResponseWriter, r *http.Request) {
	if err := s.Desk.Ping(r.Context()); err != nil {
		s.Log.Error("the desk cannot be read", "error", err)
		http.Error(w, "the desk cannot be read", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n")) // the monitor is gone
}

// decide releases or drops a mail that is held.
func (s *Server) decide(r *http.Request, agent ticket.Agent) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	id, err := idOf(r)
	if err != nil {
		return answer{}, err
	}
	var done bool
	switch verb := r.PostForm.Get("decision"); verb {
	case "release":
		done, err = s.Desk.Release(r.Context(), agent.Key, id)
	case "drop":
		done, err = s.Desk.Drop(r.Context(), agent.Key, id, "")
	default:
		err = &ticket.Refusal{Kind: ticket.Invalid, Text: "Say whether the mail is to be released or dropped."}
	}
	if err != nil {
		return answer{}, err
	}
	return s.decided(r, done), nil
}

// decided goes back to the page, which says whether somebody else was faster.
func (s *Server) decided(r *http.Request, done bool) answer {
	if done {
		s.flash(r, "Done.")
	} else {
		s.flash(r, "That was decided already.")
	}
	return goTo("/health")
}
