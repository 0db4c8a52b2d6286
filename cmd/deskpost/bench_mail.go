package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"
)

// benchSenders is how many people write the backlog. Each gets one
// acknowledgement in 24 hours, so this bounds how much the desk sends.
const benchSenders = 400

// Words that mail is made of, in two languages so that some need encoding.
const (
	wordsEnglish = "the of and to a in is it you that was for on are with as have this from order invoice refund shipment account password reset login error page screenshot printer contract billing payment card subscription export report dashboard outage server backup certificate domain mail filter calendar phone router laptop battery monitor please thanks still again since yesterday nobody can not open find send need new old"
	wordsGerman  = "der die und in den von zu das mit für ist nicht ein eine als auch es an werden aus hat dass sie nach wird bei Rechnung Lieferung Bestellung Rückerstattung Kündigung Zugang Passwort Fehlermeldung Drucker gemäß Grüße Straße müssen können hätte größer außerdem übrigens Änderung bestätigen Verfügung seit gestern bitte danke"
)

// The kinds of mail and their share in a hundred, as help desks get them.
type benchKind int

const (
	kindNew   benchKind = iota // 70: 2 to 8 KB of text, mostly with HTML
	kindReply                  // 20: the same below an earlier mail, with its text quoted
	kindFiles                  // 8: with attachments, 50 to 500 KB
	kindBig                    // 2: with attachments, 2 to 5 MB
)

// benchMail makes mail. Mail n depends on the seed and n only, so a smaller
// backlog is the beginning of a larger one.
type benchMail struct{ seed uint64 }

// A draft is a mail before it is written down.
type draft struct {
	rnd     *rand.Rand
	fill    *rand.ChaCha8 // bytes of attachments
	kind    benchKind
	parent  int // which mail a reply answers
	person  int
	id      string
	subject string
	text    []string // lines
	time    time.Time
}

// draft decides everything about mail n but its quotes.
func (b benchMail) draft(n int) draft {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], b.seed)
	binary.LittleEndian.PutUint64(seed[8:], uint64(n))
	fill := rand.NewChaCha8(seed)
	d := draft{rnd: rand.New(fill), fill: fill, id: fmt.Sprintf("%d.%d@customer.example", n, b.seed),
		time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * 37 * time.Second)}
	switch share := d.rnd.IntN(100); {
	case share < 70 || n == 0:
		d.kind = kindNew
	case share < 90:
		d.kind = kindReply
	case share < 98:
		d.kind = kindFiles
	default:
		d.kind = kindBig
	}
	d.person = d.rnd.IntN(benchSenders)
	words := strings.Fields(wordsEnglish)
	if d.rnd.IntN(10) < 3 {
		words = strings.Fields(wordsGerman)
	}
	d.subject = d.sentence(words, 3+d.rnd.IntN(6))
	for size := 600 + d.rnd.IntN(2200); size > 0; {
		line := d.sentence(words, 6+d.rnd.IntN(6))
		d.text, size = append(d.text, line), size-len(line)
	}
	if d.kind == kindReply { // mostly to recent mail; a reply to a reply stays in its thread
		d.parent = max(0, n-1-int(d.rnd.ExpFloat64()*100))
	}
	return d
}

func (d *draft) sentence(words []string, n int) string {
	chosen := make([]string, n)
	for i := range chosen {
		chosen[i] = words[d.rnd.IntN(len(words))]
	}
	return strings.Join(chosen, " ")
}

// raw writes mail n of the backlog.
func (b benchMail) raw(n int) []byte {
	d := b.draft(n)
	var refs []string
	if d.kind == kindReply {
		parent := b.draft(d.parent)
		root := parent
		for refs = []string{parent.id}; root.kind == kindReply; refs = append([]string{root.id}, refs...) {
			root = b.draft(root.parent)
		}
		d.person, d.subject = root.person, "Re: "+root.subject // who opened a ticket writes on
		d.text = append(d.text, "", "On "+parent.time.Format(time.RFC1123Z)+", support wrote:")
		for _, line := range parent.text[:min(25, len(parent.text))] {
			d.text = append(d.text, "> "+line)
		}
	}
	return d.write(fmt.Sprintf("person%d@customer.example", d.person), refs)
}

// timed writes the n-th mail whose acknowledgement is timed, each by somebody
// who has not written before.
func (b benchMail) timed(n int) (from string, raw []byte) {
	d := b.draft(-1 - n)
	d.kind = kindNew
	d.id = "timed-" + d.id
	from = fmt.Sprintf("timed%d@customer.example", n)
	return from, d.write(from, nil)
}

// write writes a mail as it lies in a mailbox: below the trace of the servers
// it went through, the topmost of which vouches for the sender (RFC 8601).
func (d *draft) write(from string, refs []string) []byte {
	var w bytes.Buffer
	date := d.time.Format(time.RFC1123Z)
	fmt.Fprintf(&w, "Return-Path: <%s>\r\nDelivered-To: %s\r\n", from, benchDesk)
	fmt.Fprintf(&w, "Authentication-Results: %s;\r\n dmarc=pass header.from=customer.example\r\n", benchAuthserv)
	for hop := range 3 {
		fmt.Fprintf(&w, "Received: from mx%d.customer.example (mx%d.customer.example [192.0.2.%d])\r\n"+
			"\tby in%d.bench.example with ESMTPS id %010X\r\n\tfor <%s>; %s\r\n", hop, hop, d.rnd.IntN(255), hop, d.rnd.Uint32(), benchDesk, date)
	}
	fmt.Fprintf(&w, "From: A Customer <%s>\r\nTo: Support <%s>\r\n", from, benchDesk)
	fmt.Fprintf(&w, "Subject: %s\r\nDate: %s\r\nMessage-ID: <%s>\r\n", mime.QEncoding.Encode("utf-8", d.subject), date, d.id)
	if len(refs) > 0 {
		fmt.Fprintf(&w, "In-Reply-To: <%s>\r\nReferences: <%s>\r\n", refs[len(refs)-1], strings.Join(refs, ">\r\n <"))
	}
	w.WriteString("X-Mailer: Microsoft Outlook 16.0\r\nMIME-Version: 1.0\r\n")
	switch d.kind {
	case kindFiles:
		d.writeMixed(&w, 50_000+d.rnd.IntN(450_000))
	case kindBig:
		d.writeMixed(&w, 2_000_000+d.rnd.IntN(3_000_000))
	default:
		d.writeText(&w)
	}
	return w.Bytes()
}

// writeText writes the text, four times out of five with an HTML twin.
func (d *draft) writeText(w *bytes.Buffer) {
	plain := strings.Join(d.text, "\r\n") + "\r\n-- \r\nPerson of Customer GmbH\r\nTel. +49 30 1234567\r\n"
	if d.rnd.IntN(5) == 0 {
		writePart(w, "text/plain", plain)
		return
	}
	html := "<html><body><div style=\"font-family:Calibri,sans-serif\"><p>" + strings.Join(d.text, "<br>\r\n") + "</p></div></body></html>\r\n"
	fmt.Fprintf(w, "Content-Type: multipart/alternative; boundary=\"alternative\"\r\n\r\n--alternative\r\n")
	writePart(w, "text/plain", plain)
	w.WriteString("\r\n--alternative\r\n")
	writePart(w, "text/html", html)
	w.WriteString("\r\n--alternative--\r\n")
}

// writePart writes a text part as mail programs do: quoted-printable where it
// is needed.
func writePart(w *bytes.Buffer, kind, text string) {
	encoding := "7bit"
	if strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) >= 0 {
		encoding = "quoted-printable"
	}
	fmt.Fprintf(w, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n", kind, encoding)
	if encoding == "7bit" {
		w.WriteString(text)
		return
	}
	qp := quotedprintable.NewWriter(w)
	io.WriteString(qp, text) // a bytes.Buffer takes everything
	qp.Close()
}

// writeMixed writes the text and one or two attachments with so many bytes in
// all.
func (d *draft) writeMixed(w *bytes.Buffer, size int) {
	w.WriteString("Content-Type: multipart/mixed; boundary=\"mixed\"\r\n\r\n--mixed\r\n")
	d.writeText(w)
	files := 1 + d.rnd.IntN(4)/3
	content := make([]byte, size/files)
	for i := range files {
		fmt.Fprintf(w, "\r\n--mixed\r\nContent-Type: application/pdf; name=\"scan-%d.pdf\"\r\n"+
			"Content-Disposition: attachment; filename=\"scan-%d.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n", i, i)
		d.fill.Read(content) // never fails
		encoded := base64.StdEncoding.EncodeToString(content)
		for ; len(encoded) > 76; encoded = encoded[76:] {
			w.WriteString(encoded[:76] + "\r\n")
		}
		w.WriteString(encoded + "\r\n")
	}
	w.WriteString("\r\n--mixed--\r\n")
}
