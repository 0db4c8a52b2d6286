package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"deskpost/templates"
)

// TestBusyIsNoFault: who meets the limit of passwords that are weighed at once is
// told to come again, and not that something is broken.
func TestBusyIsNoFault(t *testing.T) {
	t.Parallel()
	pages, err := templates.LoadPages()
	if err != nil {
		t.Fatal(err)
	}
	s := Server{Pages: pages}
	a := s.explain(httptest.NewRequest(http.MethodPost, "/me/password", nil), fmt.Errorf("compare a password: %w", errBusy))
	if f, ok := a.data.(fault); a.status != http.StatusServiceUnavailable || !ok || f.ID != "" {
		t.Errorf("answer %+v", a)
	}
}
