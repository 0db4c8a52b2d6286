package web

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"time"

	"deskpost/ticket"
)

const (
	fileChunk     = 64 << 10
	chunkPatience = time.Minute // for a browser to take one
)

// policyOfFiles lets nothing of a file run, should a browser show it all the same.
const policyOfFiles = "default-src 'none'; frame-ancestors 'none'; sandbox"

// plainTypes are sent as what their sender called them, so that the reader's own
// program opens them. Nothing that a browser would run is among them.
var plainTypes = []string{"application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp", "message/rfc822", "text/csv", "text/plain"}

// A download is a file that is open.
type download struct {
	ticket.File
	bytes *bufio.Reader
	close func() error
}

// file sends an attachment.
func (s *Server) file(r *http.Request, agent ticket.Agent) (answer, error) {
	return s.download(r, func(n ticket.Number, id int64) (ticket.File, error) {
		return s.Desk.File(r.Context(), agent.Key, n, id)
	})
}

// wholeMail sends the mail that a message came in.
func (s *Server) wholeMail(r *http.Request, agent ticket.Agent) (answer, error) {
	return s.download(r, func(n ticket.Number, id int64) (ticket.File, error) {
		return s.Desk.WholeMail(r.Context(), agent.Key, n, id)
	})
}

func (s *Server) download(r *http.Request, find func(ticket.Number, int64) (ticket.File, error)) (answer, error) {
	n, err := ticketNumber(r)
	if err != nil {
		return answer{}, err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return answer{}, notFound()
	}
	f, err := find(n, id)
	if err != nil {
		return answer{}, err
	}
	d, err := s.open(f)
	if errors.Is(err, fs.ErrNotExist) {
		s.Log.Error("a file is lost: deskpost verify lists what else is missing", "ticket", n, "file", f.Name, "raw", fmt.Sprintf("%x", f.Raw), "error", err)
		return answer{status: http.StatusInternalServerError, page: "error", data: fault{frame: frame{Title: "The file is lost"},
			Text: "The desk knows of this file, but the mail that it came in is missing from the store. The admin finds more in the log, and may have it in a backup."}}, nil
	}
	if err != nil {
		return answer{}, fmt.Errorf("open %q of ticket %d: %w", f.Name, n, err)
	}
	return answer{file: d}, nil
}

// open opens a file and reads its beginning, so that what is wrong with it is
// found while a page can still say so.
func (s *Server) open(f ticket.File) (*download, error) {
	file, err := s.Open(f)
	if err != nil {
		return nil, err
	}
	d := &download{f, bufio.NewReaderSize(file, fileChunk), file.Close}
	if _, err := d.bytes.Peek(1); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, file.Close())
	}
	return d, nil
}

// send sends a file, always as one to be saved and never to be shown here.
func (s *Server) send(w http.ResponseWriter, r *http.Request, d *download) {
	h := w.Header()
	h.Set("Content-Disposition", disposition(d.Name))
	h.Set("Content-Type", "application/octet-stream")
	if slices.Contains(plainTypes, d.Type) {
		h.Set("Content-Type", d.Type)
	}
	h.Set("Content-Length", strconv.FormatInt(d.Size, 10)) // if fewer bytes come, the browser sees that
	h.Set("Content-Security-Policy", policyOfFiles)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	var err error
	if r.Method != http.MethodHead {
		err = copyPatiently(w, d.bytes)
	}
	if err = errors.Join(err, d.close()); err != nil {
		s.Log.Warn("a file was not sent to its end", "path", r.URL.Path, "file", d.Name, "error", err)
	}
}

// copyPatiently gives a slow line as long as it goes on taking something, where a
// page has to be through in the server's WriteTimeout.
func copyPatiently(w http.ResponseWriter, from io.Reader) error {
	line, chunk := http.NewResponseController(w), make([]byte, fileChunk)
	for {
		n, err := from.Read(chunk)
		if n > 0 {
			if err := line.SetWriteDeadline(time.Now().Add(chunkPatience)); err != nil {
				return fmt.Errorf("set the time to write: %w", err)
			}
			if _, err := w.Write(chunk[:n]); err != nil {
				return fmt.Errorf("write to the browser: %w", err)
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
