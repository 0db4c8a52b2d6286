package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"deskpost/ticket"
)

// A sessionRow is one browser in which an agent is signed in.
type sessionRow struct {
	ticket.Session
	Here bool // it is the one that shows this
	By   string
	Now  time.Time
	Zone *time.Location
}

// signedInBy is how somebody signed in, in words.
var signedInBy = map[ticket.SignInWay]string{ticket.ByPassword: "password", ticket.ByLink: "mailed link", ticket.ByProvider: "provider"}

func (s *Server) sessionRows(r *http.Request, agent ticket.Agent) ([]sessionRow, error) {
	all, err := s.Desk.SessionsOf(r.Context(), agent.Key)
	rows := make([]sessionRow, 0, len(all))
	for _, session := range all {
		rows = append(rows, sessionRow{session, session.ID == s.session(r), signedInBy[session.Way], s.Now(), s.Desk.Policy().ZoneOf(agent)})
	}
	return rows, err
}

// endSessions signs out of one other browser, or of all others.
func (s *Server) endSessions(r *http.Request, agent ticket.Agent) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	if r.PostForm.Get("others") == "" {
		s.flash(r, "The other browser is signed out.")
		return goTo("/me"), s.Desk.EndSession(r.Context(), agent.Key, r.PostForm.Get("session"))
	}
	ended, err := s.Desk.EndOtherSessions(r.Context(), agent.Key, s.session(r))
	if err != nil {
		return answer{}, err
	}
	s.flash(r, fmt.Sprintf("You are signed out everywhere else: %d.", ended))
	return goTo("/me"), nil
}

// browserName is what a browser calls itself, in the words that people know it by.
// It says what it likes: the name is for its owner, and for nobody else.
func browserName(agent string) string {
	find := func(names [][2]string) string {
		for _, n := range names {
			if strings.Contains(agent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	// Each claims to be those below it as well.
	name := find([][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}})
	system := find([][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Macintosh", "macOS"},
		{"CrOS", "ChromeOS"}, {"Linux", "Linux"}})
	switch {
	case name == "":
		return "An unknown browser"
	case system == "":
		return name
	}
	return name + " on " + system
}
