// Package download sends the files that strangers have mailed in a way that nothing
// in them can do harm: always as files to be saved, never as something that a
// browser shows here.
package download

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"deskpost/ticket"
)

const (
	chunkSize = 64 << 10
	patience  = time.Minute // for the other side to take a chunk
)

// Policy lets nothing of a file run, should a browser show it all the same.
const Policy = "default-src 'none'; frame-ancestors 'none'; sandbox"

// plainTypes are sent as what their sender called them, so that the reader's own
// program opens them. Nothing that a browser would run is among them.
var plainTypes = []string{"application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp", "message/rfc822", "text/csv", "text/plain"}

// A Download is a file that is open.
type Download struct {
	ticket.File
	bytes *bufio.Reader
	close func() error
}

// Open opens a file and reads its beginning, so that what is wrong with it is found
// while the answer can still say so.
func Open(f ticket.File, open func(ticket.File) (io.ReadCloser, error)) (*Download, error) {
	file, err := open(f)
	if err != nil {
		return nil, err
	}
	d := &Download{f, bufio.NewReaderSize(file, chunkSize), file.Close}
	if _, err := d.bytes.Peek(1); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, file.Close())
	}
	return d, nil
}

// Bytes is a file that was made just now.
func Bytes(name, mediaType string, content []byte) *Download {
	return &Download{ticket.File{Name: name, Type: mediaType, Size: int64(len(content))}, bufio.NewReader(bytes.NewReader(content)), func() error { return nil }}
}

// Send sends the file and closes it. The error is for the log: the other side has
// got the head of the answer by then.
func (d *Download) Send(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Content-Disposition", disposition(d.Name))
	h.Set("Content-Type", "application/octet-stream")
	if slices.Contains(plainTypes, d.Type) {
		h.Set("Content-Type", d.Type)
	}
	h.Set("Content-Length", strconv.FormatInt(d.Size, 10)) // if fewer bytes come, the other side sees that
	h.Set("Content-Security-Policy", Policy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	var err error
	if r.Method != http.MethodHead {
		err = Copy(w, d.bytes)
	}
	return errors.Join(err, d.close())
}

// Copy gives a slow line as long as it goes on taking something, where a
// page has to be through in the server's WriteTimeout.
func Copy(w http.ResponseWriter, from io.Reader) error {
	line, chunk := http.NewResponseController(w), make([]byte, chunkSize)
	for {
		n, err := from.Read(chunk)
		if n > 0 {
			if err := line.SetWriteDeadline(time.Now().Add(patience)); err != nil {
				return fmt.Errorf("set the time to write: %w", err)
			}
			if _, err := w.Write(chunk[:n]); err != nil {
				return fmt.Errorf("write to the other side: %w", err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the mail: %w", err)
		}
	}
}
