package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"deskpost/ticket"
)

// Limits of the files that are sent on the pages for customers. Files of tickets
// that nobody confirms are kept for two days at most, and count until then.
const (
	filesFor       = 24 * time.Hour
	filesByOne     = 200 << 20 // bytes, of one host or one customer
	filesByUnknown = 1 << 30   // of all whose address is not proven
	filesNames     = 10_000    // whose bytes are counted each; beyond that all of them begin anew
)

// errFiles is that of a customer who sends more than that.
var errFiles = errors.New("too many files came")

// An allowance is how many bytes of files somebody may send in filesFor. It forgets
// at a restart.
type allowance struct {
	mu      sync.Mutex
	since   time.Time
	sent    map[string]int64
	unknown int64
}

// take counts bytes that come, or says that they are too many.
func (a *allowance) take(now time.Time, from string, proven bool, n int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sent == nil || now.Sub(a.since) >= filesFor {
		a.since, a.sent, a.unknown = now, map[string]int64{}, 0
	}
	if a.sent[from]+n > filesByOne || !proven && a.unknown+n > filesByUnknown {
		return errFiles
	}
	if len(a.sent) > filesNames {
		a.sent = map[string]int64{} // rather than to grow without end
	}
	a.sent[from] += n
	if !proven {
		a.unknown += n
	}
	return nil
}

// readCustomerForm reads a form with the files of a customer, or of somebody whose
// address is not proven, as long as they did not send too much.
func (s *Server) readCustomerForm(r *http.Request) (url.Values, []ticket.File, error) {
	address := s.customer(r)
	from := "address " + address
	if address == "" {
		from = "host " + client(r)
	}
	return s.readFormInto(r, metered{s.Blobs, func(n int64) error { return s.files.take(s.Now(), from, address != "", n) }})
}

// metered blobs take no more than somebody is allowed.
type metered struct {
	Blobs
	take func(int64) error
}

func (c metered) NewBlob(ctx context.Context) BlobWriter {
	return meteredWriter{c.Blobs.NewBlob(ctx), c.take}
}

type meteredWriter struct {
	BlobWriter
	take func(int64) error
}

func (w meteredWriter) Write(b []byte) (int, error) {
	if err := w.take(int64(len(b))); err != nil {
		return 0, err
	}
	return w.BlobWriter.Write(b)
}

// myFile sends a customer an attachment.
func (s *Server) myFile(r *http.Request, address string) (answer, error) {
	return s.download(r, func(n ticket.Number, id int64) (ticket.File, error) {
		return s.Desk.FileFor(r.Context(), address, n, id)
	})
}
