package mime

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRead states what Read promises for any bytes: it ends, what it returns
// is clean and no larger than the mail allows, and every attachment can be
// read again by its path.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "\x00", "\r", "From: a@b\rSubject: mac\r\rbody\r", "From x\nA: b\n\nbody",
		nested(5), manyParts(3), segmentsOf(3),
		"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nA: b\r\n\r\nFinal-Recipient: rfc822; a@b\r\nStatus: 5.1.1\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n--b--",
		"Content-Type: text/html; charset=utf-7\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+eDwvYj4=",
		"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n> a \r\n> b\r\n",
		"Subject: =?utf-8?Q?=C3?= =?utf-8?Q?=A4?=\r\nno field\r\n\r\nx",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Read(bytes.NewReader(raw), DefaultLimits())
		if m.Err != nil {
			t.Fatalf("error %v from a source that has none", m.Err)
		}
		checkMessage(t, m)
		// A byte may become three of UTF-8, each line of HTML have a prefix.
		if n := len(m.Text) + len(m.HTML); n > 64*len(raw)+64 {
			t.Errorf("%d bytes of text from %d", n, len(raw))
		}
		if len(m.Problems) > maxProblems {
			t.Errorf("%d problems", len(m.Problems))
		}
		for _, a := range m.Attachments[:min(3, len(m.Attachments))] {
			r, err := Part(bytes.NewReader(raw), a.Part, DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, r); err != nil || n != a.Size {
				t.Errorf("part %s: %d bytes, %v, want %d", a.Part, n, err, a.Size)
			}
		}
		again := Read(bytes.NewReader(raw), DefaultLimits())
		if again.Digest != m.Digest {
			t.Error("two readings have two digests")
		}
	})
}

// FuzzDecodeWords checks that any header value comes out on one clean line.
func FuzzDecodeWords(f *testing.F) {
	for _, seed := range []string{"", "plain", "=?utf-8?B?w6Q=?=", "=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=", "=?x?q?", "=?iso-2022-jp?B?GyRCRnw=?=", "\xff=?utf-7?Q?+AGE-?="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := DecodeWords(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\r\n") {
			t.Errorf("%q became %q", s, got)
		}
		if len(got) > 8*len(s)+8 {
			t.Errorf("%d bytes became %d", len(s), len(got))
		}
	})
}

// FuzzAddresses checks that any address field comes out clean and bounded.
func FuzzAddresses(f *testing.F) {
	for _, seed := range []string{"", "a@b", "Doe, John <j@x>", `"a\"b" <c@d>; e@f`, "g: a@b, c@d;", "(((", "<<a@b>", "=?utf-8?Q?a?= <b@c>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list := ParseAddresses(s, 10)
		if len(list) > 10 {
			t.Errorf("%d addresses", len(list))
		}
		for _, a := range list {
			if !utf8.ValidString(a.Name+a.Address) || strings.ContainsAny(a.Name+a.Address, "\x00\r\n") {
				t.Errorf("%q gave %+v", s, a)
			}
		}
	})
}
