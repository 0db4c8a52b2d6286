package mailer

import (
	"fmt"
	"io"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// A wireAddr is an address as it goes on the wire.
type wireAddr struct {
	addr string
	utf8 bool // needs SMTPUTF8
}

// wirePath checks an address and puts it into wire form. The library passes
// on anything without CR and LF, so "a@b> NOTIFY=NEVER <c" must end here.
// A domain outside ASCII becomes its A-label (RFC 5891), which every server
// understands; only the local part can need SMTPUTF8.
func wirePath(address string) (wireAddr, error) {
	if len(address) > 320 || strings.ContainsFunc(address, func(r rune) bool { return r == '<' || r == '>' || unicode.IsControl(r) }) {
		return wireAddr{}, fmt.Errorf("%.80q is not a mail address", address)
	}
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Name != "" {
		return wireAddr{}, fmt.Errorf("%.80q is not a mail address", address)
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	local, domain := parsed.Address[:at], parsed.Address[at+1:]
	if !printableASCII(domain) {
		if domain, err = idna.Lookup.ToASCII(domain); err != nil {
			return wireAddr{}, fmt.Errorf("%.80q has no valid domain", address)
		}
	}
	// String quotes the local part again where it needs quotes.
	wire := (&mail.Address{Address: local + "@" + domain}).String()
	return wireAddr{addr: strings.TrimSuffix(strings.TrimPrefix(wire, "<"), ">"), utf8: !printableASCII(local)}, nil
}

// printableASCII is true for "" too.
func printableASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// A crlfWriter ends every line with CRLF, whatever it ended with before.
type crlfWriter struct {
	w   io.Writer
	cr  bool // the last byte was CR
	buf []byte
}

func (c *crlfWriter) Write(p []byte) (int, error) {
	for done := 0; done < len(p); {
		chunk := p[done:min(done+32<<10, len(p))]
		c.buf = c.buf[:0]
		for _, b := range chunk {
			if c.cr {
				c.cr = false
				c.buf = append(c.buf, '\r', '\n')
				if b == '\n' {
					continue
				}
			}
			switch b {
			case '\r':
				c.cr = true
			case '\n':
				c.buf = append(c.buf, '\r', '\n')
			default:
				c.buf = append(c.buf, b)
			}
		}
		if _, err := c.w.Write(c.buf); err != nil {
			return done, err
		}
		done += len(chunk)
	}
	return len(p), nil
}

// finish writes the line end of a CR that came last.
func (c *crlfWriter) finish() error {
	if !c.cr {
		return nil
	}
	_, err := io.WriteString(c.w, "\r\n")
	return err
}
