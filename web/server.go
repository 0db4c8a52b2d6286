// Package web is the page: what agents do with a browser instead of a mail
// program. It shows what the desk lets it read and asks the desk for the same
// commands that a mail asks for; it decides nothing itself.
package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"deskpost/templates"
	"deskpost/ticket"
	"deskpost/web/request"
)

// Limits of a request.
const (
	maxForm    = 1 << 20 // bytes of a body
	maxHeaders = 64 << 10
)

// A Server serves the page.
type Server struct {
	Desk     *ticket.Desk
	Pages    *templates.Pages
	Sessions scs.CtxStore
	URL      string                                   // how browsers reach the page, without a path
	Open     func(ticket.File) (io.ReadCloser, error) // streams a file; fs.ErrNotExist if it is lost
	Blobs    Blobs                                    // takes files
	MailHTML MailHTML
	Facts    func(context.Context) (Facts, error)
	API      http.Handler // what programs use, below /api/; nil if there is none
	Provider *Provider    // where agents can sign in too; nil if nowhere
	Now      func() time.Time
	Log      *slog.Logger

	sessions *scs.SessionManager
	brake    brake
	asks     brake // of customers
	hub      hub
	files    allowance
}

// Handler is the page: every route, and what holds for all of them. The error is
// that of a URL which is none.
func (s *Server) Handler() (http.Handler, error) {
	s.sessions = s.newSessions()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/", s.static)
	mux.HandleFunc("GET /healthz", s.alive)
	mux.HandleFunc("GET /events", s.events) // which reads sessions by itself

	open := func(pattern string, h handler) { mux.Handle(pattern, s.sessions.LoadAndSave(s.page(h))) }
	open("GET /sign-in", s.askSignIn)
	open("POST /sign-in", s.signIn)
	open("POST /sign-in/provider", s.toProvider)
	open("GET /sign-in/provider", s.fromProvider)
	open("GET /sign-in/code", s.askCode)
	open("POST /sign-in/code", s.takeCode)
	open("GET /sign-in/{token}", s.askLink)
	open("POST /sign-in/{token}", s.signInByLink)
	open("POST /sign-out", s.signOut)
	s.portal(open)
	open("/", func(*http.Request) (answer, error) { return answer{}, notFound() })

	signedIn := func(pattern string, h agentHandler) { open(pattern, s.asAgent(h)) }
	signedIn("GET /{$}", s.home)
	signedIn("GET /tickets", s.queue)
	signedIn("GET /tickets.csv", s.export)
	signedIn("POST /tickets/{number}/presence", s.present)
	signedIn("POST /bulk", s.bulk)
	signedIn("GET /views", s.myViews)
	signedIn("POST /views", s.arrangeViews)
	signedIn("POST /views/new", s.keepView)
	signedIn("GET /tickets/{number}", s.ticket)
	signedIn("POST /tickets/{number}", s.change)
	signedIn("POST /tickets/{number}/preview", s.preview)
	signedIn("POST /tickets/{number}/canned", s.insertCanned)
	signedIn("GET /tickets/{number}/canned/{name}", s.canned)
	signedIn("POST /tickets/{number}/draft", s.saveDraft)
	signedIn("POST /tickets/{number}/draft/discard", s.discardDraft)
	signedIn("GET /tickets/{number}/files/{id}", s.file)
	signedIn("GET /tickets/{number}/files/{id}/picture", s.smallPicture)
	signedIn("GET /tickets/{number}/mails/{id}", s.wholeMail)
	signedIn("GET /tickets/{number}/mails/{id}/html", s.sent)
	signedIn("POST /tickets/{number}/mails/{id}/html", s.sentWithPictures)
	open("GET /pictures/{address}", s.signedPicture)
	signedIn("GET /quarantine", s.quarantine)
	signedIn("POST /quarantine/{id}", s.judgeMail)
	signedIn("GET /me", s.me)
	signedIn("POST /me/password", s.setPassword)
	signedIn("POST /me/tokens", s.makeToken)
	signedIn("POST /me/tokens/{id}", s.revokeToken)
	signedIn("POST /me/sessions", s.endSessions)
	settingUp := func(pattern string, h func(*http.Request, ticket.SignedIn) (answer, error)) {
		open(pattern, s.asAnyAgent(h))
	}
	settingUp("GET /me/second-factor", s.askFactor)
	settingUp("POST /me/second-factor", s.beginFactor)
	settingUp("POST /me/second-factor/confirm", s.confirmFactor)
	settingUp("POST /me/second-factor/codes", s.renewCodes)
	settingUp("POST /me/second-factor/off", s.endFactor)

	signedIn("GET /dashboard", s.dashboard)
	signedIn("GET /health", s.health)
	signedIn("POST /health/outbox/{id}", s.decide)
	signedIn("POST /health/deliveries/{id}", s.decideDelivery)
	signedIn("POST /health/webhooks/{name}", s.resumeWebhook)

	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(s.URL); err != nil { // a proxy may hide which host was asked for
		return nil, fmt.Errorf("the page's URL: %w", err)
	}
	root := http.NewServeMux()
	root.Handle("/", protection.Handler(limited(mux)))
	if s.API != nil {
		root.Handle("/api/", s.API) // it knows no cookies, so no other site's page can use it
	}
	return request.Handler(s.Log, s.Now, headers(root)), nil
}

// HTTPServer serves the page on a listener of the caller's, with all its limits
// of time set.
func (s *Server) HTTPServer() (*http.Server, error) {
	handler, err := s.Handler()
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler: handler, MaxHeaderBytes: maxHeaders,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	server.RegisterOnShutdown(s.hub.end) // or it would wait for pages that are open
	return server, nil
}

// policyOfContent lets a page load and run what comes from here only, and nothing
// that stands in the page itself (decisions.md 37).
const policyOfContent = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headers are on every answer, whatever it is.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policyOfContent)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (s *Server) static(w http.ResponseWriter, r *http.Request) {
	file, ok := s.Pages.Static(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", file.Type)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Vary", "Accept-Encoding")
	content := file.Content
	if takesGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		content = file.Gzipped
	}
	_, _ = w.Write(content) // the browser is gone
}

// takesGzip reports whether who asks reads gzip (RFC 9110 section 12.5.3). Only
// what is the same for everybody is compressed: the length of a page in which what
// a stranger wrote stands beside what they may not read would tell of the latter
// (BREACH).
func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		coding, q, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			weight, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(q), "q="), 64)
			return err != nil || weight > 0
		}
	}
	return false
}

// local is a path on this page that one may be sent to after signing in: no
// other host.
func local(path string) string {
	// Browsers leave out tabs and the like, and take a backslash for a slash.
	odd := func(c rune) bool { return c <= ' ' || c == 0x7f || c == '\\' }
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsFunc(path, odd) {
		return "/"
	}
	return u.RequestURI()
}
