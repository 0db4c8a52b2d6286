package mime

import (
	"crypto/sha256"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func read(t *testing.T, mail string) *Message {
	t.Helper()
	m := Read(strings.NewReader(mail), DefaultLimits())
	checkMessage(t, m)
	return m
}

// TestBrokenMail reads mails with one fault each, of which neither subject nor
// text may be lost.
func TestBrokenMail(t *testing.T) {
	t.Parallel()
	for name, mail := range map[string]string{
		"sound":                    "Subject: hi\r\n\r\ntext\r\n",
		"bare LF":                  "Subject: hi\n\ntext\n",
		"bare CR":                  "Subject: hi\r\rtext\r",
		"byte order mark":          "\xef\xbb\xbfSubject: hi\r\n\r\ntext",
		"mbox line":                "From a@b Mon Jan 1 00:00:00 2024\nSubject: hi\n\ntext",
		"blank lines first":        "\r\n\r\nSubject: hi\r\n\r\ntext",
		"blank before a field":     " \r\nSubject: hi\r\n\r\ntext",
		"blank before the colon":   "Subject : hi\r\n\r\ntext",
		"line without colon":       "Received: x\r\nthis is no field\r\nSubject: hi\r\n\r\ntext",
		"unfolded parameter":       "Content-Type: text/plain;\r\ncharset=utf-8\r\nSubject: hi\r\n\r\ntext",
		"no blank line":            "Subject: hi\r\ntext",
		"8-bit name":               "S\xfcbject: x\r\nSubject: hi\r\n\r\ntext",
		"odd type":                 "Content-Type: text\r\nSubject: hi\r\n\r\ntext",
		"broken type":              "Content-Type: text/plain;; charset\r\nSubject: hi\r\n\r\ntext",
		"unknown encoding":         "Content-Transfer-Encoding: 8-bit;\r\nSubject: hi\r\n\r\ntext",
		"no boundary parameter":    "Subject: hi\r\nContent-Type: multipart/mixed\r\n\r\n--b\r\n\r\ntext\r\n--b--\r\n",
		"multipart without parts":  "Subject: hi\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\ntext\r\n",
		"no end boundary":          "Subject: hi\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext",
		"part with header only":    "Subject: hi\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n--b\r\n\r\ntext\r\n--b--",
		"part without a header":    "Subject: hi\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\ntext\r\n--b--",
		"part after the end":       "Subject: hi\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n--b\r\n\r\ntext\r\n--b--",
		"inner boundary not ended": "Subject: hi\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\ntext\r\n--b--",
		"text with a file name":    "Subject: hi\r\nContent-Type: text/plain; name=body.txt\r\n\r\ntext",
		"base64 with dirt":         "Subject: hi\r\nContent-Transfer-Encoding: base64\r\n\r\ndG!\xffV4\r\ndA",
		"NUL bytes":                "Subject: h\x00i\r\n\r\nte\x00xt",
	} {
		t.Run(name, func(t *testing.T) {
			m := read(t, mail)
			if m.Subject != "hi" || strings.TrimSpace(m.Text) != "text" {
				t.Errorf("subject %q, text %q; problems %q", m.Subject, m.Text, m.Problems)
			}
		})
	}
	if m := read(t, "just words: and no header at all\nmore\n"); !strings.Contains(m.Text, "more") {
		t.Errorf("text without header: %q", m.Text)
	}
}

const wholeMail = `Return-Path: <>
From: "Doe, Jane" <jane@example.com>
From: other@example.com
To: Support <help@example.org>, second@example.org
Message-ID: <1@example.com>
In-Reply-To: your mail <0@example.org>
References: <root@example.org> <0@example.org>
Date: Tue, 3 Mar 2026 10:00:00 +0100 (CET)
Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=iso-8859-1

caf` + "\xe9" + `
--inner
Content-Type: text/html

<p>caf&eacute;</p>
--inner--
--outer
Content-Type: image/png; name="logo.png"
Content-Disposition: inline
Content-ID: <logo@x>
Content-Transfer-Encoding: base64

AAEC
--outer--
`

func TestReadWholeMail(t *testing.T) {
	t.Parallel()
	m := read(t, wholeMail)
	if m.Subject != "Grüße" || m.MessageID != "1@example.com" || m.FromCount != 2 {
		t.Errorf("subject %q, id %q, %d From fields", m.Subject, m.MessageID, m.FromCount)
	}
	if want := (Address{"Doe, Jane", "jane@example.com"}); len(m.From) != 1 || m.From[0] != want {
		t.Errorf("from %+v, want %+v", m.From, want)
	}
	if len(m.To) != 2 || m.To[1].Address != "second@example.org" {
		t.Errorf("to %+v", m.To)
	}
	if !slices.Equal(m.InReplyTo, []string{"0@example.org"}) || !slices.Equal(m.References, []string{"root@example.org", "0@example.org"}) {
		t.Errorf("in reply to %q, references %q", m.InReplyTo, m.References)
	}
	if want := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC); !m.Date.Equal(want) {
		t.Errorf("date %v, want %v", m.Date, want)
	}
	if m.Text != "café" || m.TextFromHTML || strings.TrimSpace(m.HTML) != "<p>caf&eacute;</p>" {
		t.Errorf("text %q (from HTML %v), HTML %q", m.Text, m.TextFromHTML, m.HTML)
	}
	want := Attachment{Part: "2", Name: "logo.png", Type: "image/png", Disposition: "inline", ContentID: "logo@x", Size: 3,
		SHA256: sha256.Sum256([]byte{0, 1, 2}), Inline: true}
	if len(m.Attachments) != 1 || m.Attachments[0] != want {
		t.Errorf("attachments %+v, want %+v", m.Attachments, want)
	}
	if !slices.Equal(m.Problems, []string{"more than one From field"}) {
		t.Errorf("problems %q", m.Problems)
	}
	r, err := Part(strings.NewReader(wholeMail), "2", DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "\x00\x01\x02" {
		t.Errorf("part 2 is %q, %v", b, err)
	}
}

// TestDigest checks what makes two arrivals one mail.
func TestDigest(t *testing.T) {
	t.Parallel()
	base := read(t, wholeMail).Digest
	if traced := read(t, "Received: from elsewhere\nX-Spam: no\n"+wholeMail).Digest; traced != base {
		t.Error("trace fields change the digest")
	}
	for what, change := range map[string][2]string{
		"body":       {"caf&eacute;", "tea"},
		"attachment": {"AAEC", "AAED"},
		"epilogue":   {"--outer--\n", "--outer--\nmore\n"},
		"subject":    {"Gr=C3=BC", "Fr=C3=BC"},
		"sender":     {"jane@", "john@"},
		"id":         {"<1@", "<2@"},
		"date":       {"3 Mar", "4 Mar"},
	} {
		if read(t, strings.Replace(wholeMail, change[0], change[1], 1)).Digest == base {
			t.Errorf("another %s, the same digest", what)
		}
	}
	if read(t, "X-Deskpost-Notice: 1\n"+wholeMail).Digest == base {
		t.Error("another notice, the same digest")
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	m := read(t, `Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Your mail could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Original-Recipient: rfc822;Info@Example.com
Final-Recipient: rfc822; <info@internal.example.com>
Action: Failed
Status: 5.1.1 (unknown)
Diagnostic-Code: smtp; 550 5.1.1 no such user

Final-Recipient: rfc822; slow@example.com
Action: delayed
Status: 4.4.7
--b
Content-Type: text/rfc822-headers

Message-ID: <ours@example.org>
Subject: Ticket
--b--
`)
	if m.Report == nil || m.Report.Kind != "delivery-status" {
		t.Fatalf("report %+v", m.Report)
	}
	want := []Recipient{
		{"Info@Example.com", "info@internal.example.com", "failed", "5.1.1", "550 5.1.1 no such user"},
		{"", "slow@example.com", "delayed", "4.4.7", ""},
	}
	if !slices.Equal(m.Report.Recipients, want) {
		t.Errorf("recipients %+v\nwant %+v", m.Report.Recipients, want)
	}
	if got := m.Report.Original.Raw("Message-ID"); got != "<ours@example.org>" {
		t.Errorf("id of the original %q", got)
	}
	if got := m.Report.Fields.Get("Reporting-MTA"); got != "dns; mx.example.com" {
		t.Errorf("reporting MTA %q", got)
	}
}

func TestReferencesKeepFirstAndLast(t *testing.T) {
	t.Parallel()
	var ids []string
	for i := range 300 {
		ids = append(ids, "<"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+"@h>")
	}
	got := messageIDs(strings.Join(ids, " "))
	if len(got) != 100 || "<"+got[0]+">" != ids[0] || "<"+got[99]+">" != ids[299] || "<"+got[1]+">" != ids[201] {
		t.Errorf("%d ids, first %q, second %q, last %q", len(got), got[0], got[1], got[99])
	}
}

// TestHTMLBeyondItsNodesIsText: a document with more elements than the tree
// takes can still be read to its end.
func TestHTMLBeyondItsNodesIsText(t *testing.T) {
	t.Parallel()
	text := HTMLText(strings.Repeat("<br>", maxHTMLNodes) + "<p>first</p><script>alert(1)</script><p>last</p>")
	if !strings.Contains(text, "first last") || strings.Contains(text, "alert") {
		t.Errorf("the end reads %q", text[max(0, len(text)-40):])
	}
}

func TestNamesShowNothingInvisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"\u200b.htaccess": "htaccess", "\u2060..\u200bx": "x", "a\u202efdp.exe": "afdp.exe", "..": "", "ok.pdf": "ok.pdf"} {
		if got := SafeName(in); got != want {
			t.Errorf("SafeName(%q) = %q, want %q", in, got, want)
		}
	}
}
