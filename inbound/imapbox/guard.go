package imapbox

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
)

const (
	lineLimit    = 64 << 10 // longest response line, literals apart
	literalLimit = 64 << 10 // longest literal outside of Fetch: a folder name at most
	headSize     = 512      // of each line, what is kept to look for status codes
	tailSize     = 24       // of each line, what is kept to look for "{n}"
)

// guard watches what the server sends, in clear, before the library sees it.
// The library buffers lines without bound, and drops what servers say aside:
// why they hang up, alerts, and that a folder is read-only.
type guard struct {
	net.Conn
	kill func(error)

	lineMax    atomic.Int64
	literalMax atomic.Int64

	// The scanner's state, touched by the reading goroutine only.
	line int64  // bytes of the present line, literals apart
	skip int64  // bytes of a literal still to come
	head []byte // the line's first bytes
	tail []byte // the line's last bytes

	mu       sync.Mutex
	heard    asides
	alerts   []string
	numbered bool // the folder's numbers are known: the server may give it no others
}

// asides are the things a server says that the library does not pass on.
type asides struct {
	bye       string // text of an untagged BYE
	readOnly  bool   // the last SELECT was answered READ-ONLY
	notSticky bool   // the last SELECT was answered UIDNOTSTICKY
	anew      bool   // UIDVALIDITY was told outside of a SELECT
}

func newGuard(conn net.Conn, kill func(error)) *guard {
	g := &guard{Conn: conn, kill: kill}
	g.lineMax.Store(lineLimit)
	g.literalMax.Store(literalLimit)
	return g
}

// Read reads, and ends the connection when the limits are passed.
func (g *guard) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if bad := g.scan(p[:n]); bad != nil {
		g.kill(bad)
		return 0, bad
	}
	if err != nil {
		g.kill(err) // a TLS peer that says goodbye ends the connection above the wire
	}
	return n, err
}

// scan follows the frames of RFC 9051, section 4: lines, and literals of
// which a line's end announces the length.
func (g *guard) scan(p []byte) error {
	for len(p) > 0 {
		if g.skip > 0 {
			n := min(g.skip, int64(len(p)))
			g.skip -= n
			p = p[n:]
			continue
		}
		seg, full := p, false
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			seg, full = p[:i+1], true
		}
		p = p[len(seg):]
		g.line += int64(len(seg))
		if limit := g.lineMax.Load(); g.line > limit {
			return fmt.Errorf("%w (limit %d bytes)", errLongLine, limit)
		}
		g.keep(seg)
		if full {
			if err := g.endLine(); err != nil {
				return err
			}
		}
	}
	return nil
}

// keep remembers the beginning and the end of the present line.
func (g *guard) keep(seg []byte) {
	if room := headSize - len(g.head); room > 0 {
		g.head = append(g.head, seg[:min(room, len(seg))]...)
	}
	if len(seg) >= tailSize {
		g.tail = append(g.tail[:0], seg[len(seg)-tailSize:]...)
		return
	}
	g.tail = append(g.tail, seg...)
	if over := len(g.tail) - tailSize; over > 0 {
		g.tail = append(g.tail[:0], g.tail[over:]...)
	}
}

func (g *guard) endLine() error {
	status := g.status()
	if status && g.renumbered() {
		return errRenumbered
	}
	// The free text of a status line may end in anything, "{9}" too.
	if n, ok := literalSize(g.tail); ok && !status {
		if limit := g.literalMax.Load(); n > limit {
			return fmt.Errorf("%w: %d bytes, limit %d", ErrTooLarge, n, limit)
		}
		g.skip, g.tail = n, g.tail[:0]
		return nil
	}
	g.line, g.head, g.tail = 0, g.head[:0], g.tail[:0]
	return nil
}

// literalSize reads the "{n}" at the end of a line, of which the last tailSize
// bytes are kept. A number that does not fit counts as the largest one, which
// no limit allows.
func literalSize(line []byte) (int64, bool) {
	line, ok := bytes.CutSuffix(bytes.TrimRight(line, "\r\n"), []byte("}"))
	i := bytes.LastIndexByte(line, '{')
	digits := line[i+1:]
	if !ok || len(digits) == 0 || i < 0 && len(digits) < tailSize-len("}\r\n") {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || i < 0 { // more digits than are kept, zeros perhaps
		n = 1<<63 - 1
	}
	return n, true
}

// status reports whether the present line is a status response, and hears what
// it says.
func (g *guard) status() bool {
	tag, rest, _ := bytes.Cut(bytes.TrimRight(g.head, "\r\n"), []byte(" "))
	if string(tag) == "+" {
		return true
	}
	word, text, _ := bytes.Cut(rest, []byte(" "))
	switch string(bytes.ToUpper(word)) {
	case "OK", "NO", "BAD", "PREAUTH":
	case "BYE":
		g.mu.Lock()
		g.heard.bye = string(text)
		if len(text) == 0 {
			g.heard.bye = "no reason given"
		}
		g.mu.Unlock()
		return true
	default:
		return false
	}
	code, text := responseCode(text)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch code {
	case "READ-ONLY":
		g.heard.readOnly = true
	case "UIDNOTSTICKY":
		g.heard.notSticky = true
	case "UIDVALIDITY":
		g.heard.anew = g.numbered
	case "ALERT":
		if len(g.alerts) < 5 { // one server's shouting must not grow our memory
			g.alerts = append(g.alerts, said(string(text)))
		}
	}
	return true
}

// responseCode splits "[CODE args] text".
func responseCode(text []byte) (code string, rest []byte) {
	if len(text) == 0 || text[0] != '[' {
		return "", text
	}
	inner, rest, ok := bytes.Cut(text[1:], []byte("]"))
	if !ok {
		return "", text
	}
	word, _, _ := bytes.Cut(inner, []byte(" "))
	return string(bytes.ToUpper(word)), bytes.TrimLeft(rest, " ")
}

// bye returns the text of the server's BYE, or "".
func (g *guard) bye() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.heard.bye
}

// forget drops what was heard about the folder, before it is selected again.
func (g *guard) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.heard.readOnly, g.heard.notSticky, g.numbered = false, false, false
}

// hold ends the connection where the server gives the selected folder other
// numbers: a UID would mean another mail from then on.
func (g *guard) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.numbered = true
}

func (g *guard) renumbered() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.heard.anew
}

func (g *guard) asides() (asides, []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.heard, append([]string(nil), g.alerts...)
}
