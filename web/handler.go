package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"deskpost/ticket"
	"deskpost/web/download"
	"deskpost/web/request"
)

// A handler answers a request, or says what is wrong. Nothing is written to the
// browser before it has returned, so that no page breaks off in the middle.
type handler func(*http.Request) (answer, error)

// An answer is a page, a file, or another place to go to.
type answer struct {
	status  int    // 0 is 200
	page    string // name of the template
	data    any
	to      string             // where to go instead
	file    *download.Download // what to send instead, to be saved
	picture *openPicture       // what to send instead, to be shown
	policy  string             // of content, where the page has one of its own
	empty   bool               // there is nothing to send
	refresh string             // where to go on to by itself, on another site
	json    any                // what to send instead, to a script
}

// goTo sends the browser to another page with GET (RFC 9110 section 15.4.4).
func goTo(path string) answer { return answer{status: http.StatusSeeOther, to: path} }

// A frame is what every page has around it.
type frame struct {
	Title string
	Agent string // name; "" if nobody is signed in
	Admin bool
	Leads bool // there is a dashboard for them
	Views []view
	Flash string
	Live  live
	Aside int // how many quarantined mails the agent may decide about

	Portal   bool   // it is a page for customers
	Customer string // address of the one who is signed in, "" if none is
	Clock    string // name of the reader's, where it is not that of the desk
	Here     string // path and query of the page
}

// Home is where the name of the desk leads to.
func (f frame) Home() string {
	if f.Portal {
		return "/my"
	}
	return "/"
}

// A fault is an error that the reader is told in a page of its own.
type fault struct {
	frame
	Text string
	ID   string
}

// page makes a handler of the standard library.
func (s *Server) page(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request.Of(r).Route = r.Pattern
		if isPortal(r.URL.Path) {
			r = s.asVisitor(r)
		}
		a, err := h(r)
		if err != nil {
			a = s.explain(r, err)
		}
		if a.to != "" {
			http.Redirect(w, r, a.to, a.status)
			return
		}
		if a.empty {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if a.file != nil {
			s.send(w, r, a.file)
			return
		}
		if a.picture != nil {
			s.sendPicture(w, r, a.picture)
			return
		}
		if a.json != nil {
			s.sendJSON(w, a)
			return
		}
		var out bytes.Buffer
		if err := s.Pages.Write(&out, a.page, s.visitorOf(r).Language(), a.data); err != nil {
			s.Log.Error("a page could not be written", "page", a.page, "error", err)
			http.Error(w, "This page could not be written. The admin finds the reason in the log.", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if a.policy != "" {
			w.Header().Set("Content-Security-Policy", a.policy)
		}
		if a.refresh != "" {
			w.Header().Set("Refresh", "0; url="+a.refresh)
		}
		if a.status != 0 {
			w.WriteHeader(a.status)
		}
		_, _ = w.Write(out.Bytes()) // the browser is gone
	})
}

// sendJSON answers a script.
func (s *Server) sendJSON(w http.ResponseWriter, a answer) {
	body, err := json.Marshal(a.json)
	if err != nil {
		s.Log.Error("an answer to a script could not be written", "error", err)
		http.Error(w, "This could not be written. The admin finds the reason in the log.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	_, _ = w.Write(body) // the browser is gone
}

// explain is the page that says what went wrong: a refusal in its own words, a
// fault by the name of the request, which stands in the log too.
func (s *Server) explain(r *http.Request, err error) answer {
	v := s.visitorOf(r)
	if no, ok := refusal(err); ok {
		title := "fault.title"
		if no.Kind == ticket.NotFound {
			title = "fault.none"
		}
		text := no.Sentence()
		if isPortal(r.URL.Path) {
			text = v.refusal(no)
		}
		return answer{status: statusOf(no.Kind), page: "error", data: fault{frame: s.around(r, v.Say(title)), Text: text}}
	}
	f := fault{frame: frame{Title: v.Say("fault.title"), Portal: isPortal(r.URL.Path), Here: r.URL.RequestURI()}}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		f.Text = v.Say("fault.too-large")
		return answer{status: http.StatusRequestEntityTooLarge, page: "error", data: f}
	}
	if errors.Is(err, errBusy) {
		f.Text = "Too many people sign in at this moment. Nothing was changed. Try again in a minute."
		return answer{status: http.StatusServiceUnavailable, page: "error", data: f}
	}
	if errors.Is(err, errFiles) {
		f.Text = v.Say("fault.files")
		return answer{status: http.StatusTooManyRequests, page: "error", data: f}
	}
	f.ID = request.Of(r).ID
	f.Text = v.Say("fault.broken")
	if errors.Is(err, context.Canceled) {
		s.Log.Info("a browser did not wait for its page", "request", f.ID, "route", r.Pattern)
	} else {
		s.Log.Error("a request failed", "request", f.ID, "route", r.Pattern, "error", err) // a path may hold a link that still signs in
	}
	return answer{status: http.StatusInternalServerError, page: "error", data: f}
}

// around is the frame of a page that refuses something: an agent who is signed in
// keeps their bar. Where it can not be had the page does without.
func (s *Server) around(r *http.Request, title string) frame {
	bare := frame{Title: title, Portal: isPortal(r.URL.Path), Here: r.URL.RequestURI()}
	if bare.Portal {
		return bare
	}
	who, err := s.signedInBy(r)
	if err != nil || who.Agent.Key == "" || who.SetUp {
		return bare
	}
	f, err := s.frame(r, who.Agent, title, "")
	if err != nil {
		s.Log.Warn("a page goes without its bar", "request", request.Of(r).ID, "error", err)
		return bare
	}
	return f
}

// refusal is what an error refuses, in words for people; false if it is another
// one.
func refusal(err error) (*ticket.Refusal, bool) { return errors.AsType[*ticket.Refusal](err) }

func statusOf(kind ticket.RefusalKind) int {
	switch kind {
	case ticket.NotFound:
		return http.StatusNotFound
	case ticket.NotAllowed:
		return http.StatusForbidden
	case ticket.Conflict, ticket.Outdated:
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

func notFound() error {
	return &ticket.Refusal{Kind: ticket.NotFound, Text: "There is no such page.", Key: "fault.no-page"}
}
