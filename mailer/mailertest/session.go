package mailertest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"time"
)

// maxMail is the most the sink reads of one mail, so that a client gone wild
// does not fill the memory of a test.
const maxMail = 128 << 20

// A session is one connection. Its methods return false when it is over.
type session struct {
	sink *Sink
	conn net.Conn
	in   *bufio.Reader
	tls  bool
	user string
	mail Mail
	open bool // between MAIL and its end
}

func (s *Sink) serve(c net.Conn) {
	x := &session{sink: s, conn: c, in: bufio.NewReader(c)}
	if s.implicit && !x.protect() {
		return
	}
	if !x.say(Connect, "220 sink.example ESMTP") {
		return
	}
	for {
		line, err := x.in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.heard(line)
		if !x.obey(line) {
			return
		}
	}
}

func (x *session) obey(line string) bool {
	verb, arg, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		return x.hello()
	case "HELO":
		return x.say(Hello, "250 sink.example")
	case "STARTTLS":
		return x.say(Upgrade, "220 2.0.0 go ahead") && x.protect()
	case "AUTH":
		return x.auth(arg)
	case "MAIL":
		return x.from(arg)
	case "RCPT":
		return x.to(arg)
	case "DATA":
		return x.data()
	case "RSET":
		x.mail, x.open = Mail{}, false
		return x.say(Reset, "250 2.0.0 reset")
	case "NOOP":
		return x.say(Noop, "250 2.0.0 still here")
	case "QUIT":
		x.say(Quit, "221 2.0.0 bye")
		return false
	default:
		return x.write("500 5.5.1 unknown command", 0)
	}
}

// say gives the answer of a stage, or does what the temper wants instead.
func (x *session) say(at Stage, good string) bool {
	t := x.sink.now()
	switch at {
	case t.Cut:
		return false
	case t.Mute:
		<-x.sink.done
		return false
	}
	answer := t.answer(at, good)
	return x.write(answer, t.Drip) && t.CutAfter != at && !strings.HasPrefix(answer, "421")
}

// write sends a line, or drips it. The end of the test ends a long drip.
func (x *session) write(line string, drip time.Duration) bool {
	line += "\r\n"
	if drip == 0 {
		_, err := io.WriteString(x.conn, line)
		return err == nil
	}
	for i := range len(line) {
		select {
		case <-x.sink.done:
			return false
		case <-time.After(drip):
		}
		if _, err := io.WriteString(x.conn, line[i:i+1]); err != nil {
			return false
		}
	}
	return true
}

func (x *session) hello() bool {
	x.mail, x.open = Mail{}, false
	lines := x.sink.now().Extensions
	if lines == nil {
		lines = DefaultExtensions()
	}
	all := []string{"sink.example"}
	for _, l := range lines {
		if l != "STARTTLS" || !x.tls {
			all = append(all, l)
		}
	}
	last := len(all) - 1
	for i := range last {
		all[i] = "250-" + all[i]
	}
	all[last] = "250 " + all[last]
	return x.say(Hello, strings.Join(all, "\r\n"))
}

func (x *session) protect() bool {
	c := tls.Server(x.conn, x.sink.config())
	if err := c.Handshake(); err != nil {
		return false
	}
	x.conn, x.in, x.tls = c, bufio.NewReader(c), true
	return true
}

// auth takes PLAIN and LOGIN with an initial response.
func (x *session) auth(arg string) bool {
	mechanism, first, _ := strings.Cut(arg, " ")
	response, err := base64.StdEncoding.DecodeString(first)
	var user, password string
	switch {
	case err != nil:
		return x.write("501 5.5.2 not base64", 0)
	case strings.EqualFold(mechanism, "PLAIN"):
		parts := strings.Split(string(response), "\x00")
		if len(parts) != 3 {
			return x.write("501 5.5.2 three parts, please", 0)
		}
		user, password = parts[1], parts[2]
	case strings.EqualFold(mechanism, "LOGIN"):
		if !x.write("334 "+base64.StdEncoding.EncodeToString([]byte("Password:")), 0) {
			return false
		}
		line, err := x.in.ReadString('\n')
		if err != nil {
			return false
		}
		secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
		if err != nil {
			return x.write("501 5.5.2 not base64", 0)
		}
		user, password = string(response), string(secret)
	default:
		return x.write("504 5.5.4 unknown mechanism", 0)
	}
	if !x.sink.admits(user, password) {
		return x.say(Auth, "535 5.7.8 wrong user or password")
	}
	x.user = user
	return x.say(Auth, "235 2.7.0 welcome")
}

func (x *session) from(arg string) bool {
	address, params, ok := path(arg, "FROM:")
	if !ok {
		return x.write("501 5.5.4 MAIL FROM:<address>", 0)
	}
	if x.open { // RFC 5321 4.1.4
		return x.write("503 5.5.1 one mail at a time", 0)
	}
	x.mail = Mail{From: address, FromParams: params, User: x.user, TLS: x.tls}
	x.open = strings.HasPrefix(x.sink.now().answer(From, "250"), "2")
	return x.say(From, "250 2.1.0 ok")
}

func (x *session) to(arg string) bool {
	address, params, ok := path(arg, "TO:")
	if !ok {
		return x.write("501 5.5.4 RCPT TO:<address>", 0)
	}
	t := x.sink.now()
	good := "250 2.1.5 ok"
	if special, ok := t.Rcpt[address]; ok {
		good = special
	}
	if strings.HasPrefix(t.answer(To, good), "2") {
		x.mail.To, x.mail.ToParams = append(x.mail.To, address), append(x.mail.ToParams, params)
	}
	// A 421 for one recipient closes the connection as well.
	return x.say(To, good) && !strings.HasPrefix(good, "421")
}

// path reads "FROM:<address> params".
func path(arg, keyword string) (address, params string, ok bool) {
	if len(arg) < len(keyword) || !strings.EqualFold(arg[:len(keyword)], keyword) {
		return "", "", false
	}
	address, params, ok = strings.Cut(strings.TrimPrefix(arg[len(keyword):], "<"), ">")
	return address, strings.TrimSpace(params), ok
}

func (x *session) data() bool {
	if len(x.mail.To) == 0 {
		return x.write("554 5.5.1 no valid recipients", 0)
	}
	t := x.sink.now()
	if !x.say(Data, "354 go ahead") {
		return false
	}
	if !strings.HasPrefix(t.answer(Data, "354"), "354") {
		return true
	}
	if t.Deaf {
		<-x.sink.done
		return false
	}
	if t.Cut == Body {
		_, _ = x.in.ReadByte() // whatever comes, the line is cut now
		return false
	}
	raw, ok := x.body(t.Lenient)
	if !ok {
		return false
	}
	x.mail.Raw = raw
	if strings.HasPrefix(t.answer(Final, "250"), "2") {
		x.sink.keep(x.mail)
	}
	x.mail, x.open = Mail{}, false
	return x.say(Final, "250 2.0.0 queued as 4B1D")
}

// body reads up to the final dot and undoes the stuffing.
func (x *session) body(lenient bool) ([]byte, bool) {
	var raw bytes.Buffer
	for raw.Len() < maxMail {
		line, err := x.line(lenient)
		if err != nil {
			return nil, false
		}
		if line == ".\r\n" || lenient && strings.TrimRight(line, "\r\n") == "." {
			return raw.Bytes(), true
		}
		raw.WriteString(strings.TrimPrefix(line, "."))
	}
	return nil, false
}

// line reads up to CRLF, or up to any CR or LF if lenient.
func (x *session) line(lenient bool) (string, error) {
	var b strings.Builder
	for b.Len() < maxMail {
		c, err := x.in.ReadByte()
		if err != nil {
			return "", err
		}
		b.WriteByte(c)
		switch {
		case c == '\n' && (lenient || strings.HasSuffix(b.String(), "\r\n")):
			return b.String(), nil
		case c == '\r' && lenient:
			if next, err := x.in.Peek(1); err == nil && next[0] != '\n' {
				return b.String(), nil
			}
		}
	}
	return "", bufio.ErrTooLong
}
