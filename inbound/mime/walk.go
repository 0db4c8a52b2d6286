package mime

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
)

// walker reads the tree of MIME entities in one pass and hands out its leaves.
// Boundaries are kept on a stack, and a line that matches an outer one ends
// all that is inside: a missing end boundary costs nothing, and the work is
// linear in the size of the mail (RFC 2046 §5.1).
type walker struct {
	lines    *lineReader
	lim      Limits
	problems *problems
	stack    []*container
	entities int
	started  bool
	atEnd    bool
	preamble []byte // of the innermost multipart, while it has no part
	top      Header
}

// container is an open multipart.
type container struct {
	path     string // "" for the mail itself
	subtype  string // "mixed", "alternative"
	boundary string
	children int
	ended    bool // its end boundary has been seen
	id       int  // number in the order of appearance
}

// leaf is a MIME entity that holds no others.
type leaf struct {
	path        string
	header      Header
	contentType string // lower case, "text/plain" when absent or unreadable
	params      map[string]string
	disposition string // "inline", "attachment" or ""
	dispParams  map[string]string
	parents     []*container // outermost first
	raw         io.Reader    // the encoded bytes
}

func newWalker(r io.Reader, lim Limits, p *problems) *walker {
	return &walker{lines: newLineReader(r), lim: lim, problems: p}
}

// begin reads the header of the mail.
func (w *walker) begin() Header {
	w.top = readHeader(w.lines, w.lim, true, func([]byte) bool { return false }, w.problems)
	return w.top
}

// next returns the next leaf, or nil at the end. What the caller has not read
// of the last leaf is skipped.
func (w *walker) next() *leaf {
	if !w.started {
		w.started = true
		if l := w.enter(w.top, "", nil); l != nil {
			return l
		}
	}
	for {
		if lost := w.toBoundary(); lost != nil {
			return lost
		}
		if w.atEnd {
			return nil
		}
		parent := w.stack[len(w.stack)-1]
		parent.children++
		w.entities++
		if w.entities >= w.lim.Parts {
			w.problems.add("too many parts, the rest is not read")
			return nil
		}
		header := readHeader(w.lines, w.lim, false, w.isBoundary, w.problems)
		path := strconv.Itoa(parent.children)
		if parent.path != "" {
			path = parent.path + "." + path
		}
		if l := w.enter(header, path, parent); l != nil {
			return l
		}
	}
}

// enter starts an entity: a multipart is pushed on the stack and nil returned.
func (w *walker) enter(header Header, path string, parent *container) *leaf {
	l := &leaf{path: path, header: header, raw: &bodyReader{w: w}}
	fallback := "text/plain"
	if parent != nil && parent.subtype == "digest" {
		fallback = "message/rfc822" // RFC 2046 §5.1.5
	}
	l.contentType, l.params = contentType(header.Raw("Content-Type"), fallback, w.lim, w.problems)
	l.disposition, l.dispParams = disposition(header.Raw("Content-Disposition"), w.lim, w.problems)
	l.parents = slices.Clone(w.stack)
	subtype, multi := strings.CutPrefix(l.contentType, "multipart/")
	if !multi {
		if l.path == "" {
			l.path = "1"
		}
		return l
	}
	boundary := l.params["boundary"]
	switch {
	case boundary == "":
		boundary = w.sniffBoundary()
		if boundary == "" {
			w.problems.add("multipart without boundary, read as text")
			l.contentType = "text/plain"
			l.path = strings.TrimPrefix(path+".1", ".")
			return l
		}
		w.problems.add("multipart without boundary parameter")
	case len(w.stack) >= w.lim.Depth:
		w.problems.add("multiparts nested too deep, the inner ones are kept as one attachment")
		l.contentType, l.disposition = "application/octet-stream", "attachment"
		return l
	}
	w.preamble = w.preamble[:0]
	w.stack = append(w.stack, &container{path: path, subtype: subtype, boundary: boundary, id: w.entities})
	return nil
}

// sniffBoundary looks for a boundary in the first lines of a multipart that
// names none.
func (w *walker) sniffBoundary() string {
	var seen [][]byte
	found := ""
	for len(seen) < 20 && found == "" {
		piece, start, ok := w.lines.next()
		if !ok {
			break
		}
		seen = append(seen, bytes.Clone(piece))
		line, _ := splitEnd(piece)
		dashed := len(line) > 2 && bytes.HasPrefix(line, []byte("--")) && !bytes.HasSuffix(line, []byte("--"))
		if start && dashed && len(line) < 80 && !bytes.ContainsAny(line, " \t") {
			found = string(line[2:])
		}
	}
	w.lines.giveBack(seen)
	return found
}

// toBoundary reads up to and including the next line that begins a part, and
// leaves that part's multipart on top of the stack. If a multipart ends without
// a single part, what stood in it is handed out as text: its boundary is wrong,
// and the words would be lost with the preamble.
func (w *walker) toBoundary() *leaf {
	for {
		piece, start, ok := w.lines.next()
		i, end := -1, false
		if ok && start {
			i, end = w.match(piece)
		}
		if ok && i < 0 {
			w.keepPreamble(piece)
			continue
		}
		if lost := w.withoutParts(i); lost != nil {
			if ok {
				w.lines.giveBack([][]byte{bytes.Clone(piece)})
			}
			return lost
		}
		if !ok {
			w.atEnd = true
			return nil
		}
		w.stack = w.stack[:i+1]
		if end {
			w.stack[i].ended = true
			continue
		}
		if w.stack[i].ended {
			w.problems.add("a part after the end boundary")
		}
		w.preamble = w.preamble[:0]
		return nil
	}
}

// keepPreamble remembers lines above the first part of a multipart.
func (w *walker) keepPreamble(piece []byte) {
	if n := len(w.stack); n > 0 && w.stack[n-1].children == 0 && len(w.preamble)+len(piece) <= w.lim.TextBytes {
		w.preamble = append(w.preamble, piece...)
	}
}

// withoutParts returns the preamble as text if the innermost multipart ends,
// by the boundary of the one at index, without a part.
func (w *walker) withoutParts(index int) *leaf {
	n := len(w.stack)
	if n == 0 || index == n-1 || w.stack[n-1].children > 0 || len(bytes.TrimSpace(w.preamble)) == 0 {
		return nil
	}
	c := w.stack[n-1]
	c.children++ // handed out once
	w.problems.add("multipart without parts, read as text")
	return &leaf{
		path:        strings.TrimPrefix(c.path+".1", "."),
		contentType: "text/plain",
		parents:     slices.Clone(w.stack[:n-1]),
		raw:         bytes.NewReader(slices.Clone(w.preamble)),
	}
}

func (w *walker) isBoundary(line []byte) bool {
	i, _ := w.match(line)
	return i >= 0
}

// match finds the multipart whose boundary a line is: the innermost one that
// is still open, else the innermost that has ended. -1 means none.
func (w *walker) match(line []byte) (index int, end bool) {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return -1, false
	}
	rest := bytes.TrimRight(line[2:], " \t\r\n")
	ended, endedEnd := -1, false
	for i := len(w.stack) - 1; i >= 0; i-- {
		c := w.stack[i]
		tail, ok := bytes.CutPrefix(rest, []byte(c.boundary))
		if !ok || len(tail) > 0 && string(tail) != "--" {
			continue
		}
		if !c.ended {
			return i, len(tail) > 0
		}
		if ended < 0 {
			ended, endedEnd = i, len(tail) > 0
		}
	}
	return ended, endedEnd
}

// bodyReader reads the encoded body of one leaf. The line end before a
// boundary belongs to the boundary (RFC 2046 §5.1.1), so each line's end is
// held back until the next line is known.
type bodyReader struct {
	w     *walker
	held  lineEnd // of the line last read
	first lineEnd // to be given before rest
	given int     // bytes of first already given
	rest  []byte
	done  bool
}

// lineEnd is at most CRLF.
type lineEnd struct {
	bytes [2]byte
	n     int
}

func (b *bodyReader) Read(p []byte) (int, error) {
	for b.given == b.first.n && len(b.rest) == 0 {
		if b.done {
			return 0, io.EOF
		}
		b.fill()
	}
	n := copy(p, b.first.bytes[b.given:b.first.n])
	b.given += n
	m := copy(p[n:], b.rest)
	b.rest = b.rest[m:]
	return n + m, nil
}

// fill reads the next line.
func (b *bodyReader) fill() {
	b.first, b.given, b.held = b.held, 0, lineEnd{}
	piece, start, ok := b.w.lines.next()
	switch {
	case !ok:
		b.done = true
	case start && b.w.isBoundary(piece):
		b.w.lines.giveBack([][]byte{bytes.Clone(piece)})
		b.first, b.done = lineEnd{}, true
	default:
		n := len(piece)
		if n > 0 && endsLine(piece) {
			n--
			if n > 0 && piece[n] == '\n' && piece[n-1] == '\r' {
				n--
			}
		}
		b.rest = piece[:n]
		b.held.n = copy(b.held.bytes[:], piece[n:])
	}
}
