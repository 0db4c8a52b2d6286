package mime

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding (RFC 2045 §6), however it
// is spelled. Damage costs the damaged bytes only. known is false for an
// encoding that nobody knows; the bytes then come as they are.
func decodeTransfer(r io.Reader, value string) (decoded io.Reader, known bool) {
	name, _, _ := strings.Cut(strings.ToLower(value), ";")
	name, _, _ = strings.Cut(name, "(")
	switch strings.Trim(name, " \t\"'") {
	case "base64", "base-64", "b64":
		return &base64Reader{src: r}, true
	case "quoted-printable", "quotedprintable", "quoted_printable", "qp":
		return &qpReader{src: bufio.NewReaderSize(r, qpBuffer)}, true
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "none":
		return r, true
	default:
		return r, false
	}
}

const (
	padByte     = 64   // "="
	foreignByte = 0xff // not of the base64 alphabet
)

// base64Value returns the six bits of a byte, padByte or foreignByte.
func base64Value(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c - 'A'
	case 'a' <= c && c <= 'z':
		return c - 'a' + 26
	case '0' <= c && c <= '9':
		return c - '0' + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	case c == '=':
		return padByte
	}
	return foreignByte
}

// base64Values is base64Value as a table: attachments are most of all bytes
// there are to read.
var base64Values = func() (values [256]byte) {
	for c := range values {
		values[c] = base64Value(byte(c))
	}
	return values
}()

// base64Reader decodes base64 and, as RFC 2045 §6.8 asks, skips all foreign
// bytes. Padding ends a group but not the stream: some mailers glue encoded
// chunks together.
type base64Reader struct {
	src  io.Reader
	in   [16 << 10]byte
	out  []byte
	bits uint32
	n    uint
	err  error
}

func (b *base64Reader) Read(p []byte) (int, error) {
	for len(b.out) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		var n int
		n, b.err = b.src.Read(b.in[:])
		b.out = b.decode(b.in[:n])
	}
	n := copy(p, b.out)
	b.out = b.out[n:]
	return n, nil
}

// decode works in place: the output never overtakes the input.
func (b *base64Reader) decode(in []byte) []byte {
	out := in[:0]
	for ; len(in) > 0; in = in[1:] {
		if b.n == 0 {
			if out, in = decodeGroups(out, in); len(in) == 0 {
				break
			}
		}
		v := base64Values[in[0]]
		if v == padByte {
			b.bits, b.n = 0, 0
			continue
		}
		if v > padByte {
			continue
		}
		b.bits = b.bits<<6 | uint32(v)
		if b.n += 6; b.n >= 8 {
			b.n -= 8
			out = append(out, byte(b.bits>>b.n))
		}
	}
	return out
}

// decodeGroups decodes groups of four for as long as nothing stands between or
// in them, which is nearly all of an attachment.
func decodeGroups(out, in []byte) (decoded, rest []byte) {
	for len(in) >= 4 {
		v0, v1, v2, v3 := base64Values[in[0]], base64Values[in[1]], base64Values[in[2]], base64Values[in[3]]
		if v0|v1|v2|v3 >= padByte {
			break
		}
		out = append(out, v0<<2|v1>>4, v1<<4|v2>>2, v2<<6|v3)
		in = in[4:]
	}
	return out, in
}

const qpBuffer = 4 << 10

// qpReader decodes quoted-printable (RFC 2045 §6.7). What is no valid escape
// stays as it stands.
type qpReader struct {
	src     *bufio.Reader
	line    []byte
	carried int // bytes at the front of line that are left from the last piece
	buf     []byte
	out     []byte
	err     error
}

func (q *qpReader) Read(p []byte) (int, error) {
	for len(q.out) == 0 {
		if q.err != nil {
			return 0, q.err
		}
		q.fill()
	}
	n := copy(p, q.out)
	q.out = q.out[n:]
	return n, nil
}

func (q *qpReader) fill() {
	piece, err := q.src.ReadSlice('\n')
	q.line = append(q.line[:q.carried], piece...)
	whole := len(q.line)
	if errors.Is(err, bufio.ErrBufferFull) {
		err = nil
		// Do not cut an escape in two.
		if i := bytes.LastIndexByte(q.line, '='); i >= len(q.line)-2 {
			whole = i
		}
	}
	q.err = err
	q.buf = appendQP(q.buf[:0], q.line[:whole])
	q.out = q.buf
	q.carried = copy(q.line, q.line[whole:])
}

// appendQP decodes one line with its line end.
func appendQP(out, line []byte) []byte {
	content, end := splitEnd(line)
	if len(end) > 0 {
		trimmed := len(content)
		for trimmed > 0 && (content[trimmed-1] == ' ' || content[trimmed-1] == '\t') {
			trimmed-- // blanks added on the way
		}
		content = content[:trimmed]
		if trimmed > 0 && content[trimmed-1] == '=' {
			content, end = content[:trimmed-1], nil // soft line break
		}
	}
	return append(unescape(out, content, '='), end...)
}

func hexValue(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// unescape appends s to out with each mark and two hexadecimal digits made the
// byte they stand for. A mark without them stays as it is.
func unescape[T string | []byte](out []byte, s T, mark byte) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == mark && i+2 < len(s) {
			hi, lo := hexValue(s[i+1]), hexValue(s[i+2])
			if hi < 16 && lo < 16 {
				c = hi<<4 | lo
				i += 2
			}
		}
		out = append(out, c)
	}
	return out
}
