package web

import (
	"cmp"
	"context"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"deskpost/templates"
	"deskpost/ticket"
)

// keyLanguage is what the session of a visitor holds who has chosen a language.
const keyLanguage = "language"

// choicesByClient is how often one network may choose a language in brakeFor: each
// who does is given a session.
const choicesByClient = 60

// A visitor is how one who asks for a page is to be spoken to. On the pages for
// agents it is in English and by the clock of the desk.
type visitor struct {
	*templates.Words
	zone  *time.Location
	clock string // the name of theirs, where it is not that of the desk
}

// visitorKey is that of the visitor in the context of a request.
type visitorKey struct{}

// asVisitor notes in a request for a page for customers how to speak to who asks.
func (s *Server) asVisitor(r *http.Request) *http.Request {
	policy := s.Desk.Policy()
	v := visitor{zone: policy.Zone}
	var known ticket.Reader
	if address := s.customer(r); address != "" {
		var err error
		if known, err = s.Desk.ReaderOf(r.Context(), address); err != nil {
			s.Log.Warn("it is not known in which language a customer reads", "error", err) // the page can be read all the same
		}
	}
	if zone, ok := templates.Clock(known.Offset); ok {
		v.zone, v.clock = zone, zone.String()
	}
	v.Words = s.Pages.Words(cmp.Or(s.chosen(r), known.Language, accepted(r), policy.Language))
	return r.WithContext(context.WithValue(r.Context(), visitorKey{}, v))
}

// visitorOf is how to speak to who asks for a page.
func (s *Server) visitorOf(r *http.Request) visitor {
	if v, ok := r.Context().Value(visitorKey{}).(visitor); ok {
		return v
	}
	return visitor{Words: s.Pages.Words(templates.English)}
}

// chosen is the language that a visitor has chosen, "" if they have not.
func (s *Server) chosen(r *http.Request) string {
	return s.sessions.GetString(r.Context(), keyLanguage)
}

// accepted is the language that a browser asks for, "" if it is none of ours.
func accepted(r *http.Request) string {
	return templates.Accepted(strings.Join(r.Header.Values("Accept-Language"), ","))
}

// choose keeps the language that a visitor has chosen, and leads back to the page
// that they chose it on.
func (s *Server) choose(r *http.Request) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	lang := r.PostForm.Get("language")
	if !slices.Contains(templates.Languages(), lang) {
		return answer{}, notFound()
	}
	if lang != s.chosen(r) {
		if wait := s.hurry(tried{"languages from " + client(r), choicesByClient}); wait > 0 {
			v := s.visitorOf(r)
			return answer{status: http.StatusTooManyRequests, page: "error", data: fault{frame: s.portalFrame(r, "fault.title"), Text: v.wait(wait)}}, nil
		}
		s.sessions.Put(r.Context(), keyLanguage, lang)
	}
	to := local(r.PostForm.Get("to"))
	if at, _, _ := strings.Cut(to, "?"); !isPortal(at) || path.Clean(at) != at {
		to = "/my"
	}
	return goTo(to), nil
}

// refusal words a refusal for who asked.
func (v visitor) refusal(no *ticket.Refusal) string {
	if no.Key == "" && v.Language() == templates.English {
		return no.Sentence()
	}
	values := slices.Clone(no.Values)
	for i := 1; i < len(values); i += 2 {
		switch x := values[i].(type) {
		case *ticket.Refusal:
			values[i] = v.refusal(x)
		case ticket.FieldFact:
			values[i] = v.Field(x)
		}
	}
	return v.Say(cmp.Or(no.Key, "fault.other"), values...)
}

// wait says how long somebody has to wait who asks for too much.
func (v visitor) wait(wait time.Duration) string {
	return v.Say("fault.wait", "minutes", int((wait+time.Minute-1)/time.Minute))
}

// filesAgain is told with a form that is shown once more: a browser does not let
// pages fill in files.
func (v visitor) filesAgain(problem string, files []ticket.File) string {
	if len(files) == 0 {
		return problem
	}
	return problem + " " + v.Say("fault.files-again")
}
