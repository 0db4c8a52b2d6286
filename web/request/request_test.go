package request_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"deskpost/web/request"
)

// TestHandler finds the ID of an answer in the log, with the route and not the
// path, and lets a stream through.
func TestHandler(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	now := func() time.Time { at = at.Add(time.Millisecond); return at }
	var seen string
	h := request.Handler(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), now,
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			info := request.Of(r)
			info.Route, seen = "GET /sign-in/{token}", info.ID
			w.WriteHeader(http.StatusTeapot)
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
		}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/sign-in/secret", nil))
	id := w.Header().Get("X-Request-Id")
	if id == "" || id != seen {
		t.Errorf("the answer is called %q, the request %q", id, seen)
	}
	line := log.String()
	for _, want := range []string{"request=" + id, "method=GET", `route="GET /sign-in/{token}"`, "status=418", "took=1ms"} {
		if !strings.Contains(line, want) {
			t.Errorf("the log has no %s: %s", want, line)
		}
	}
	if strings.Contains(line, "secret") {
		t.Errorf("the log has the path: %s", line)
	}
	if request.Of(httptest.NewRequest("GET", "/", nil)).ID == "" {
		t.Error("a request that was not named has no ID")
	}
}
