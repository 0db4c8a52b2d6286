package mime

import (
	"bufio"
	"bytes"
	"strings"

	"github.com/emersion/go-message/textproto"
)

// Field is one header field as it stood, unfolded but not decoded.
type Field struct {
	Name  string // canonical form, "Message-Id"
	Value string // may hold any bytes
}

// Header is the ordered list of a header's fields. Where a field occurs more
// than once the first one counts, as RFC 5322 §3.6 forbids the others.
type Header []Field

// Get returns the first value of a field with its encoded words decoded
// (RFC 2047), as clean UTF-8, or "".
func (h Header) Get(name string) string {
	return DecodeWords(h.Raw(name))
}

// Raw returns the first value of a field as it stood, or "".
func (h Header) Raw(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Has reports whether the field is there, even if empty.
func (h Header) Has(name string) bool { return h.Count(name) > 0 }

// Count returns how many times the field occurs.
func (h Header) Count(name string) int {
	n := 0
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			n++
		}
	}
	return n
}

// All returns every value of a field as it stood, topmost first.
func (h Header) All(name string) []string {
	var values []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// readHeader reads a header block from the lines up to the blank line, or up
// to a line for which stop is true, which is given back.
func readHeader(l *lineReader, lim Limits, top bool, stop func([]byte) bool, p *problems) Header {
	lines, over := headerLines(l, lim, top, stop)
	if over {
		p.add("header too long, the rest of it is not read")
	}
	block, body := repair(lines, top, p)
	if len(body) > 0 {
		if !over {
			// headerLines took the blank line off; it belongs to the text.
			body = append(body, []byte("\r\n"))
		}
		l.giveBack(body)
	}
	return parseBlock(block, lim, p)
}

// headerLines collects the lines of a header block. over tells that the block
// was longer than the limit and has been read to its end without keeping it.
func headerLines(l *lineReader, lim Limits, top bool, stop func([]byte) bool) (lines [][]byte, over bool) {
	size, field := 0, 0
	for {
		piece, start, ok := l.next()
		if !ok {
			return lines, over
		}
		if start && (stop(piece) || len(lines) == 0 && !isBlank(piece) && !over && !beginsHeader(piece, top)) {
			l.giveBack([][]byte{bytes.Clone(piece)})
			return lines, over
		}
		if start && isBlank(piece) {
			if top && len(lines) == 0 && size < lim.HeaderBytes {
				size += len(piece)
				continue // blank lines before the header
			}
			return lines, over
		}
		if start && !isContinuation(piece) {
			field = 0
		}
		field += len(piece)
		size += len(piece)
		if field > lim.FieldBytes || size > lim.HeaderBytes || len(lines) > 8*lim.Fields {
			over = true
			continue
		}
		if start || len(lines) == 0 {
			lines = append(lines, bytes.Clone(piece))
		} else {
			lines[len(lines)-1] = append(lines[len(lines)-1], piece...)
		}
	}
}

// parseBlock reads a repaired block with the library's reader.
func parseBlock(block []byte, lim Limits, p *problems) Header {
	parsed, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(append(block, "\r\n"...))))
	if err != nil {
		p.add("header unreadable: " + clean(err.Error()))
	}
	header := make(Header, 0, min(parsed.Len(), lim.Fields))
	for fields := parsed.Fields(); fields.Next(); {
		if len(header) == lim.Fields {
			p.add("too many header fields, the rest is not read")
			break
		}
		header = append(header, Field{Name: fields.Key(), Value: fields.Value()})
	}
	return header
}
