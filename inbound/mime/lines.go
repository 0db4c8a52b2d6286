package mime

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// lineBuffer is the longest line handed out in one piece. Header lines and
// boundaries are far shorter (RFC 5322 §2.1.1 says 998), so a longer line can
// only be body and may come in pieces.
const lineBuffer = 64 << 10

// lineReader reads a mail line by line in flat memory, whatever its line ends:
// CRLF, bare LF, or bare CR as old Macs wrote them.
type lineReader struct {
	br      *bufio.Reader
	delim   byte
	pending []givenBack // first one first
	inLine  bool        // the last piece did not end its line
	tee     io.Writer   // gets every byte handed out, when set
	err     error       // the source's own error, never io.EOF
}

func newLineReader(r io.Reader) *lineReader {
	l := &lineReader{br: bufio.NewReaderSize(r, lineBuffer), delim: '\n'}
	// Only a mail without a single LF may have CR as its line end: in any other
	// a bare CR is dirt inside a line.
	head, _ := l.br.Peek(lineBuffer) // a read error comes again with the first line
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		l.delim = '\r'
	}
	return l
}

// next returns the next line with its line end, or a piece of an overlong one.
// start tells whether the piece begins a line. The bytes are valid until the
// following call. At the end of the mail ok is false.
func (l *lineReader) next() (piece []byte, start, ok bool) {
	start = !l.inLine
	if len(l.pending) > 0 {
		back := l.pending[0]
		piece, l.pending = back.line, l.pending[1:]
		l.inLine = !endsLine(piece)
		if !back.copied {
			l.copyOut(piece)
		}
		return piece, start, true
	}
	if l.err != nil {
		return nil, start, false
	}
	piece, err := l.br.ReadSlice(l.delim)
	switch {
	case err == nil, err == io.EOF:
	case errors.Is(err, bufio.ErrBufferFull):
		// Keep a CR together with the LF that may follow it. UnreadByte cannot
		// fail right after a read that returned bytes.
		if n := len(piece) - 1; piece[n] == '\r' && l.br.UnreadByte() == nil {
			piece = piece[:n]
		}
	default:
		l.err = err
	}
	l.inLine = !endsLine(piece)
	l.copyOut(piece)
	return piece, start, len(piece) > 0
}

func (l *lineReader) copyOut(piece []byte) {
	if l.tee != nil {
		l.tee.Write(piece) // a hash, which never fails
	}
}

// givenBack is a line to be read again.
type givenBack struct {
	line   []byte
	copied bool // the tee has had it
}

// giveBack makes lines the next ones to be read.
func (l *lineReader) giveBack(lines [][]byte) {
	back := make([]givenBack, 0, len(lines)+len(l.pending))
	for _, line := range lines {
		back = append(back, givenBack{line: line, copied: l.tee != nil})
	}
	l.pending = append(back, l.pending...)
	l.inLine = false
}

func endsLine(piece []byte) bool {
	n := len(piece)
	return n > 0 && (piece[n-1] == '\n' || piece[n-1] == '\r')
}

// splitEnd cuts the line end off a line.
func splitEnd(line []byte) (content, end []byte) {
	n := len(line)
	for n > 0 && (line[n-1] == '\n' || line[n-1] == '\r') {
		n--
	}
	return line[:n], line[n:]
}
