package web

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"deskpost/ticket"
	"deskpost/web/download"
)

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
	id, err := idOf(r)
	if err != nil {
		return answer{}, err
	}
	f, err := find(n, id)
	if err != nil {
		return answer{}, err
	}
	d, err := download.Open(f, s.Open)
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

// send sends a file.
func (s *Server) send(w http.ResponseWriter, r *http.Request, d *download.Download) {
	if err := d.Send(w, r); err != nil {
		s.Log.Warn("a file was not sent to its end", "path", r.URL.Path, "file", d.Name, "error", err)
	}
}
