package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	mail "deskpost/inbound/mime"
	"deskpost/ticket"
)

// Limits of a form with files.
const (
	maxUpload      = 30 << 20         // bytes of its body, files and all
	maxParts       = 1000             // inputs and files, as of a mail
	uploadPatience = 10 * time.Minute // for all of it to come over a slow line
)

// uploads are the routes that take files. All others take maxForm bytes.
var uploads = []string{"POST /tickets/{number}", "POST /tickets/{number}/preview", "POST /tickets/{number}/draft", "POST /new", "POST /my/{number}"}

// Blobs keeps the bytes of files before the transaction that needs them. What no
// transaction ever refers to is collected a day later.
type Blobs interface {
	NewBlob(ctx context.Context) BlobWriter
}

// A BlobWriter takes the bytes of one file. Exactly one of Commit and Abort ends
// it.
type BlobWriter interface {
	io.Writer
	Commit() (ticket.Blob, error)
	Abort() error
}

// limited bounds the body of each request by its route, and gives a large one the
// time to come.
func limited(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := int64(maxForm)
		if _, route := mux.Handler(r); slices.Contains(uploads, route) && isMultipart(r) {
			limit = maxUpload
			line, until := http.NewResponseController(w), time.Now().Add(uploadPatience)
			// Where a line has no deadlines there is none to move.
			if err := errors.Join(line.SetReadDeadline(until), line.SetWriteDeadline(until.Add(time.Minute))); err != nil && !errors.Is(err, http.ErrNotSupported) {
				http.Error(w, "The connection broke.", http.StatusInternalServerError)
				return
			}
		}
		http.MaxBytesHandler(mux, limit).ServeHTTP(w, r)
	})
}

func isMultipart(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "multipart/form-data"
}

// readForm reads a form with its files (RFC 7578). Files go to the store while
// they come, so that large ones cost no memory; each input is bounded as a form
// without files is.
func (s *Server) readForm(r *http.Request) (url.Values, []ticket.File, error) {
	return s.readFormInto(r, s.Blobs)
}

func (s *Server) readFormInto(r *http.Request, blobs Blobs) (url.Values, []ticket.File, error) {
	if !isMultipart(r) {
		if err := r.ParseForm(); err != nil {
			return nil, nil, badForm(err)
		}
		return r.PostForm, nil, nil
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, nil, badForm(err)
	}
	form := sentForm{values: url.Values{}, room: maxForm}
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return form.values, form.files, nil
		case err != nil:
			return nil, nil, badForm(err)
		case n == maxParts:
			return nil, nil, &ticket.Refusal{Kind: ticket.Invalid, Text: fmt.Sprintf("a form has at most %d inputs and files", maxParts), Key: "fault.inputs", Values: []any{"n", maxParts}}
		}
		if err := readPart(r.Context(), &form, part, blobs); err != nil {
			return nil, nil, err
		}
	}
}

// A sentForm is what was read of a form so far.
type sentForm struct {
	values url.Values
	files  []ticket.File
	room   int64 // bytes that its inputs may still have
}

func readPart(ctx context.Context, form *sentForm, part *multipart.Part, blobs Blobs) error {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return badForm(err)
	}
	body := bufio.NewReader(formPart{part})
	if name, isFile := params["filename"]; isFile {
		if _, err := body.Peek(1); name == "" && errors.Is(err, io.EOF) {
			return nil // no file was chosen
		}
		f, err := keepFile(ctx, blobs, name, part.Header.Get("Content-Type"), body)
		if err == nil {
			form.files = append(form.files, f)
		}
		return err
	}
	value, err := io.ReadAll(io.LimitReader(body, form.room+1))
	if err != nil {
		return err
	}
	if form.room -= int64(len(value)); form.room < 0 {
		return &http.MaxBytesError{Limit: maxForm}
	}
	form.values.Add(params["name"], string(value))
	return nil
}

// A formPart tells a fault of the form from one of the store.
type formPart struct{ part *multipart.Part }

func (p formPart) Read(b []byte) (int, error) {
	n, err := p.part.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = badForm(err)
	}
	return n, err
}

// keepFile streams a file into the store, under a name that is made as harmless as
// those of attachments. Until an entry or a draft refers to it, it is nobody's.
func keepFile(ctx context.Context, blobs Blobs, name, mediaType string, content io.Reader) (ticket.File, error) {
	w := blobs.NewBlob(ctx)
	if _, err := io.Copy(w, content); err != nil {
		return ticket.File{}, fmt.Errorf("keep a file: %w", errors.Join(err, w.Abort()))
	}
	blob, err := w.Commit()
	if err != nil {
		return ticket.File{}, fmt.Errorf("keep a file: %w", err)
	}
	// The whole of the blob is the file: it is no part of a mail.
	return ticket.File{Name: fileName(name), Type: fileType(mediaType), Size: blob.Size, Sum: blob.Sum, Raw: blob.Sum}, nil
}

func fileName(claimed string) string {
	if name := mail.SafeName(strings.ToValidUTF8(claimed, "\uFFFD")); name != "" {
		return name
	}
	return "attachment"
}

// fileType is the type that a browser claims, without parameters.
func fileType(claimed string) string {
	kind, _, err := mime.ParseMediaType(claimed)
	if err != nil || !strings.Contains(kind, "/") {
		return "application/octet-stream"
	}
	return kind
}
