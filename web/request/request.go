// Package request names each request that programs and browsers make, so that
// what its answer says and what stands in the log can be found together.
package request

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"
)

// Info is what is known of a request beside the request itself.
type Info struct {
	ID    string // in the header X-Request-Id of its answer, and in the log
	Route string // the pattern that answers it; set by who does
}

type key struct{}

// Of is the Info of a request. One that Handler has not seen has none yet, and
// gets one that nobody else sees.
func Of(r *http.Request) *Info {
	if info, ok := r.Context().Value(key{}).(*Info); ok {
		return info
	}
	return &Info{ID: newID()}
}

// newID is 80 random bits: enough that no two requests in a log have the same.
func newID() string { return rand.Text()[:16] }

// Handler gives each request its Info and writes into the log, for who looks for
// something there, how it was answered. Paths are left out: they may hold a link
// that still signs in.
func Handler(log *slog.Logger, now func() time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info, began := &Info{ID: newID()}, now()
		w.Header().Set("X-Request-Id", info.ID)
		answer := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r.WithContext(context.WithValue(r.Context(), key{}, info)))
		log.Debug("answered a request", "request", info.ID, "method", r.Method, "route", info.Route, "status", answer.status, "took", now().Sub(began))
	})
}

// A recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	told   bool
}

func (w *recorder) WriteHeader(status int) {
	if !w.told {
		w.status, w.told = status, status >= http.StatusOK // those below come before the answer (RFC 9110 section 15.2)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	w.told = true
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what is below.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
