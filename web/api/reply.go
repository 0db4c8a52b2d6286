package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"deskpost/ticket"
	"deskpost/web/download"
)

// A reply is what a program gets. Nothing of it is sent before it is whole, but
// for files.
type reply struct {
	status  int    // 0 is 200
	body    any    // to be written as JSON
	raw     []byte // JSON already
	file    *download.Download
	header  map[string]string
	version int64 // of the ticket in the body, which makes its ETag; 0 if it is none
}

// send writes a reply.
func (s *Server) send(w http.ResponseWriter, c *call, out reply) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	for name, value := range out.header {
		h.Set(name, value)
	}
	if out.file != nil {
		if err := out.file.Send(w, c.Request); err != nil {
			s.Log.Warn("a file was not sent to its end", "request", c.id, "file", out.file.Name, "error", err)
		}
		return
	}
	text := out.raw
	if text == nil {
		var err error
		if text, err = marshal(out.body); err != nil {
			s.Log.Error("an answer could not be written", "request", c.id, "route", c.Pattern, "error", err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
	}
	if out.version != 0 {
		tag := etag(out.version, text)
		h.Set("ETag", tag)
		if c.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if out.status != 0 {
		w.WriteHeader(out.status)
	}
	if c.Method != http.MethodHead {
		_, _ = w.Write(text) // the program is gone
	}
}

func marshal(body any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // nobody puts this into a page as it is
	err := e.Encode(body)
	return text.Bytes(), err
}

// etag is the entity tag of a ticket: its version, by which If-Match is judged, and
// a digest of the answer, since that may change though the ticket does not, as by an
// edit of the config.
func etag(version int64, body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + strconv.FormatInt(version, 10) + "-" + hex.EncodeToString(sum[:6]) + `"`
}

// ifMatch is the version of the ticket that a request is meant for; 0 if it does not
// say (RFC 9110 section 13.1.1).
func ifMatch(r *http.Request) (int64, error) {
	tag := r.Header.Get("If-Match")
	if tag == "" || tag == "*" {
		return 0, nil
	}
	number, digest, ok := strings.Cut(strings.TrimPrefix(tag, `"`), "-")
	version, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || version <= 0 || tag[0] != '"' || !strings.HasSuffix(digest, `"`) {
		return 0, &problem{status: http.StatusPreconditionFailed, code: string(ticket.Outdated), detail: "If-Match takes the ETag that came with the ticket."}
	}
	return version, nil
}
