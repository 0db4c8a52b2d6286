package api

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"net/http"
	"strconv"
	"time"

	"deskpost/ticket"
)

// A problem is an error that the program is told.
type problem struct {
	status     int
	code       string
	detail     string
	transcript *ticket.Transcript
	challenge  string // what stands behind the realm in WWW-Authenticate (RFC 6750 section 3); "" for no such header
	retryAfter time.Duration
}

func (p *problem) Error() string { return p.code + ": " + p.detail }

// A problemBody is a problem in JSON (RFC 9457).
type problemBody struct {
	Title      string             `json:"title"`
	Status     int                `json:"status"`
	Detail     string             `json:"detail"`
	Code       string             `json:"code"`
	Request    string             `json:"request"`
	Transcript *ticket.Transcript `json:"transcript,omitempty"`
}

// explain is the reply that says what went wrong: a refusal in its own words, a
// fault by the name of the request, which stands in the log too.
func (s *Server) explain(c *call, err error) reply {
	p := s.problemOf(c, err)
	out := reply{status: p.status, header: map[string]string{"Content-Type": "application/problem+json"},
		body: problemBody{http.StatusText(p.status), p.status, p.detail, p.code, c.id, p.transcript}}
	if p.challenge != "" {
		out.header["WWW-Authenticate"] = `Bearer realm="deskpost"` + p.challenge
	}
	if p.retryAfter > 0 {
		out.header["Retry-After"] = strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds())))
	}
	if p.status < http.StatusInternalServerError {
		s.Log.Info("a request to the API was refused", "request", c.id, "route", c.Pattern, "status", p.status, "code", p.code,
			"agent", c.agent.Key, "token", c.token.ID)
	}
	return out
}

func (s *Server) problemOf(c *call, err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if no, ok := errors.AsType[*ticket.Refusal](err); ok {
		return &problem{status: statusOf(no.Kind), code: string(no.Kind), detail: no.Sentence()}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &problem{status: http.StatusRequestEntityTooLarge, code: "too-large", detail: "The body of a request has at most " + ticket.ByteCount(maxBody) + "."}
	}
	detail := "Something is broken here. Nothing was changed. The admin finds more in the log, under the name of this request."
	switch {
	case errors.Is(err, fs.ErrNotExist):
		detail = "The desk knows of this file, but the mail that it came in is missing from the store. The admin finds more in the log."
		s.Log.Error("a file is lost: deskpost verify lists what else is missing", "request", c.id, "path", c.URL.Path, "error", err)
	case errors.Is(err, context.Canceled):
		s.Log.Info("a program did not wait for its answer", "request", c.id, "route", c.Pattern)
	default:
		s.Log.Error("a request failed", "request", c.id, "route", c.Pattern, "error", err)
	}
	return &problem{status: http.StatusInternalServerError, code: "fault", detail: detail}
}

func statusOf(kind ticket.RefusalKind) int {
	switch kind {
	case ticket.NotFound:
		return http.StatusNotFound
	case ticket.NotAllowed:
		return http.StatusForbidden
	case ticket.Conflict:
		return http.StatusConflict
	case ticket.Outdated:
		return http.StatusPreconditionFailed
	}
	return http.StatusUnprocessableEntity
}
