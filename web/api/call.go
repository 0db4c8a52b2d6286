package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"deskpost/ticket"
	"deskpost/web/request"
)

// A call is a request with who makes it.
type call struct {
	*http.Request
	id    string // names the request in the answer and in the log
	token ticket.APIToken
	agent ticket.Agent
}

// handle serves one route: who asks, whether they may, and the answer.
func (s *Server) handle(found route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := request.Of(r)
		info.Route = r.Pattern
		c := &call{Request: r, id: info.ID}
		w.Header().Set("X-Request-Id", c.id)
		w.Header().Set("Cache-Control", "no-store")
		var out reply
		err := s.admit(c, found)
		if err == nil {
			out, err = found.serve(c)
		}
		if err != nil {
			out = s.explain(c, err)
		}
		s.send(w, c, out)
	})
}

// admit lets a program in that shows a token with the scope of the route.
func (s *Server) admit(c *call, found route) error {
	if found.scope == open {
		return nil
	}
	secret, err := bearer(c.Request)
	if err != nil {
		return err
	}
	c.token, c.agent, err = s.Desk.Bearer(c.Context(), secret)
	if no, refused := errors.AsType[*ticket.Refusal](err); refused {
		return &problem{status: http.StatusUnauthorized, code: "bad-token", detail: no.Sentence(), challenge: `, error="invalid_token"`}
	}
	if err != nil {
		return err
	}
	if wait := s.limits.take(c.token.ID, s.Now()); wait > 0 {
		return &problem{status: http.StatusTooManyRequests, code: "too-many-requests", detail: "These are too many requests with one token: wait a little.", retryAfter: wait}
	}
	if found.scope != anyToken && !c.token.Allows(found.scope) {
		return &problem{status: http.StatusForbidden, code: "insufficient-scope", detail: "This needs a token with the scope " + string(found.scope) + ".",
			challenge: `, error="insufficient_scope", scope="` + string(found.scope) + `"`}
	}
	if err := s.Desk.UsedAPIToken(c.Context(), c.token); err != nil && !errors.Is(err, context.Canceled) {
		// What is only read works where nothing can be written.
		s.Log.Warn("when an API token was used is not written down", "request", c.id, "token", c.token.ID, "error", err)
	}
	return nil
}

// bearer is the token that a request shows (RFC 6750 section 2.1).
func bearer(r *http.Request) (string, error) {
	values := r.Header.Values("Authorization")
	if len(values) == 1 {
		if scheme, secret, ok := strings.Cut(values[0], " "); ok && strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(secret), nil
		}
	}
	return "", &problem{status: http.StatusUnauthorized, code: "no-token", detail: "Send a token, as in Authorization: Bearer dp_...", challenge: " "}
}
