// Package api is what programs use instead of the page: the desk over HTTP, in
// JSON. It has the same use cases and asks the desk for the same commands; openapi.json
// describes every request and every answer.
package api

import (
	_ "embed"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"deskpost/ticket"
)

// Prefix is what the path of every route begins with.
const Prefix = "/api/v1"

// description is the API as OpenAPI 3.1 describes it.
//
//go:embed openapi.json
var description []byte

// A Server serves the API.
type Server struct {
	Desk *ticket.Desk
	Open func(ticket.File) (io.ReadCloser, error) // streams a file; fs.ErrNotExist if it is lost
	Now  func() time.Time
	Log  *slog.Logger

	limits limiter
}

// A route is one thing that can be asked of the API.
type route struct {
	method string
	path   string // behind Prefix, as http.ServeMux has it
	scope  ticket.Scope
	serve  func(*call) (reply, error)
}

const (
	open     ticket.Scope = "open" // in place of a scope: it needs no token
	anyToken ticket.Scope = ""     // in place of a scope: every token will do
)

// routes are all there are.
func (s *Server) routes() []route {
	return []route{
		{http.MethodGet, "/openapi.json", open, s.describe},
		{http.MethodGet, "/me", anyToken, s.me},
		{http.MethodGet, "/choices", ticket.ScopeRead, s.choices},
		{http.MethodGet, "/tickets", ticket.ScopeRead, s.list},
		{http.MethodPost, "/tickets", ticket.ScopeWrite, s.open},
		{http.MethodGet, "/tickets/{number}", ticket.ScopeRead, s.ticket},
		{http.MethodGet, "/tickets/{number}/thread", ticket.ScopeRead, s.thread},
		{http.MethodPost, "/tickets/{number}/commands", ticket.ScopeWrite, s.command},
		{http.MethodGet, "/tickets/{number}/files/{id}", ticket.ScopeFiles, s.file},
	}
}

// Handler is the API, below Prefix.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	paths := map[string]map[string]route{} // by path and method
	for _, r := range s.routes() {
		if paths[r.path] == nil {
			paths[r.path] = map[string]route{}
		}
		paths[r.path][r.method] = r
		if r.method == http.MethodGet {
			paths[r.path][http.MethodHead] = r
		}
	}
	for path, methods := range paths {
		mux.Handle(Prefix+path, s.among(methods))
	}
	mux.Handle("/", s.handle(route{scope: open, serve: func(*call) (reply, error) {
		return reply{}, &problem{status: http.StatusNotFound, code: string(ticket.NotFound), detail: "There is nothing at this address: " + Prefix + "/openapi.json says what there is."}
	}}))
	return mux
}

// among picks the route of a method.
func (s *Server) among(methods map[string]route) http.Handler {
	var names []string
	for _, name := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		if _, ok := methods[name]; ok {
			names = append(names, name)
		}
	}
	allow := strings.Join(names, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found, ok := methods[r.Method]
		if !ok {
			w.Header().Set("Allow", allow)
			found = route{scope: open, serve: func(*call) (reply, error) {
				return reply{}, &problem{status: http.StatusMethodNotAllowed, code: "method-not-allowed", detail: "This address takes " + allow + "."}
			}}
		}
		s.handle(found).ServeHTTP(w, r)
	})
}

func (s *Server) describe(*call) (reply, error) { return reply{raw: description}, nil }
