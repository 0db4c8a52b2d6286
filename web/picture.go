package web

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // to measure them
	_ "image/jpeg" // to measure them
	_ "image/png"  // to measure them
	"io/fs"
	"net/http"
	"slices"

	"deskpost/ticket"
	"deskpost/web/download"
)

// Limits of a picture that is shown.
const (
	maxPixels    = 50_000_000 // a small file may unfold to more than a browser can bear
	maxPreview   = 5 << 20    // bytes
	pictureStart = 256 << 10  // bytes in which its measures stand; cameras write long remarks before them
)

// pictureTypes are pictures of pixels. SVG is a document that may hold scripts.
var pictureTypes = []string{"image/gif", "image/jpeg", "image/png", "image/webp"}

// previews reports whether a file is shown small on its ticket. What it is called
// decides only whether that is tried.
func previews(f ticket.File) bool {
	return slices.Contains(pictureTypes, f.Type) && f.Size > 0 && f.Size <= maxPreview
}

// smallPicture sends an attachment that is a picture, to be shown on its ticket.
func (s *Server) smallPicture(r *http.Request, agent ticket.Agent) (answer, error) {
	n, err := ticketNumber(r)
	if err != nil {
		return answer{}, err
	}
	id, err := idOf(r)
	if err != nil {
		return answer{}, err
	}
	f, err := s.Desk.File(r.Context(), agent.Key, n, id)
	if err != nil {
		return answer{}, err
	}
	if !previews(f) {
		return answer{}, notFound()
	}
	return s.picture(f)
}

// signedPicture sends a picture of a mail to the frame that shows the mail, which
// has no cookies. The address was made for an agent who may read the mail.
func (s *Server) signedPicture(r *http.Request) (answer, error) {
	f, err := s.Desk.PartAt(r.PathValue("address"))
	if err != nil {
		return answer{}, err
	}
	return s.picture(f)
}

// An openPicture is a picture that is open.
type openPicture struct {
	ticket.File
	bytes *bufio.Reader
	close func() error
}

// picture opens a file if it is a picture by what is in it.
func (s *Server) picture(f ticket.File) (answer, error) {
	file, err := s.Open(f)
	if errors.Is(err, fs.ErrNotExist) {
		return answer{}, notFound() // the thread offers the file too, and says there that it is lost
	}
	if err != nil {
		return answer{}, fmt.Errorf("open the picture %s: %w", f.Name, err)
	}
	d := &openPicture{f, bufio.NewReaderSize(file, pictureStart), file.Close}
	start, _ := d.bytes.Peek(pictureStart) // of a shorter one, or one that breaks off, what there is
	if d.Type = http.DetectContentType(start); !slices.Contains(pictureTypes, d.Type) || !bearable(d.Type, start) {
		return answer{}, errors.Join(notFound(), file.Close())
	}
	return answer{picture: d}, nil
}

// bearable reports whether a picture says of itself that it has a bearable number
// of pixels.
func bearable(kind string, start []byte) bool {
	width, height := 0, 0
	if kind == "image/webp" {
		width, height = webpSize(start)
	} else if c, _, err := image.DecodeConfig(bytes.NewReader(start)); err == nil {
		width, height = c.Width, c.Height
	}
	return width > 0 && height > 0 && width <= maxPixels/height
}

// webpSize reads the measures of a WebP picture (RFC 9649 sections 2.4 to 2.7, RFC
// 6386 section 9.1), 0 if there are none.
func webpSize(start []byte) (width, height int) {
	if len(start) < 30 {
		return 0, 0
	}
	little := binary.LittleEndian
	switch string(start[12:16]) {
	case "VP8 ":
		return int(little.Uint16(start[26:]) & 0x3fff), int(little.Uint16(start[28:]) & 0x3fff)
	case "VP8L":
		bits := little.Uint32(start[21:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1
	case "VP8X":
		return int(little.Uint32(start[24:])&0xffffff) + 1, int(little.Uint32(start[26:])>>8) + 1
	}
	return 0, 0
}

// sendPicture sends a picture as what it is. It may be embedded by a page without
// an origin, so no Cross-Origin-Resource-Policy is set.
func (s *Server) sendPicture(w http.ResponseWriter, r *http.Request, d *openPicture) {
	h := w.Header()
	h.Set("Content-Type", d.Type)
	h.Set("Content-Disposition", "inline")
	h.Set("Content-Security-Policy", download.Policy)
	var err error
	if r.Method != http.MethodHead {
		err = download.Copy(w, d.bytes)
	}
	if err = errors.Join(err, d.close()); err != nil {
		s.Log.Info("a picture was not sent to its end", "route", r.Pattern, "file", d.Name, "error", err) // its path is good for ten minutes
	}
}
