package mailer

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"deskpost/mailer/mailertest"
)

// A body must arrive as one mail even at servers that take CR.CR or LF.LF for
// its end.
func TestSubmitSmuggling(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r\n.\r", "\r\n.\r\n", ".\r\n", "\r\r\n.\r\r\n"} {
		for _, lenient := range []bool{false, true} {
			sink := mailertest.Start(t, mailertest.Temper{Lenient: lenient})
			body := "Subject: x\r\n\r\nfirst" + end + "MAIL FROM:<evil@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nsecond" + end
			if v := verdicts(relayTo(t, sink).Submit(t.Context(), to("a@x.example"), 0, text(body))); v != "sent" {
				t.Errorf("%q lenient=%v: verdict %q", end, lenient, v)
			}
			mails := sink.Mails()
			if len(mails) != 1 || !bytes.Contains(mails[0].Raw, []byte("second")) {
				t.Errorf("%q lenient=%v: %d mails: %+v", end, lenient, len(mails), mails)
			}
			for _, c := range sink.Commands() {
				if strings.Contains(c, "evil") {
					t.Errorf("%q lenient=%v: the body was read as a command", end, lenient)
				}
			}
		}
	}
}

// TestSubmitAddresses puts addresses on the wire, at servers with SMTPUTF8 and
// without (F39).
func TestSubmitAddresses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		address string
		wire    string // at the sink, "" if it never gets there
		utf8    bool   // needs SMTPUTF8
	}{
		{"a@x.example", "a@x.example", false},
		{`"a b"@x.example`, `"a b"@x.example`, false},
		{"a@[192.0.2.1]", "a@[192.0.2.1]", false},
		{"a@bücher.example", "a@xn--bcher-kva.example", false},
		{"jürgen@x.example", "jürgen@x.example", true},
		{"x@y> NOTIFY=NEVER <z", "", false},
		{"a@x.example\r\nDATA", "", false},
		{"Jane <a@x.example>", "", false},
		{"a@x.example, b@x.example", "", false},
		{"nobody", "", false},
		{"", "", false},
		{"a@" + strings.Repeat("x", 400) + ".example", "", false},
	}
	for _, tt := range tests {
		for _, supported := range []bool{true, false} {
			temper := mailertest.Temper{}
			if !supported {
				temper.Extensions = mailertest.Without("SMTPUTF8")
			}
			sink := mailertest.Start(t, temper)
			got := relayTo(t, sink).Submit(t.Context(), to(tt.address, "other@x.example"), 0, text(letter))
			want, first := "sent sent", tt.wire
			if tt.wire == "" || tt.utf8 && !supported {
				want, first = "refused sent", "other@x.example"
			}
			if v := verdicts(got); v != want {
				t.Errorf("%q utf8=%v: %q, want %q: %+v", tt.address, supported, v, want, got.Answers)
				continue
			}
			m := sink.Mails()[0]
			if m.To[0] != first {
				t.Errorf("%q utf8=%v: on the wire %q, want %q", tt.address, supported, m.To[0], first)
			}
			if asked := strings.Contains(m.FromParams, "SMTPUTF8"); asked != (tt.utf8 && supported) {
				t.Errorf("%q utf8=%v: MAIL %q", tt.address, supported, m.FromParams)
			}
		}
	}
}

func TestSubmitBadReturnPath(t *testing.T) {
	t.Parallel()
	sink := mailertest.Start(t, mailertest.Temper{Extensions: mailertest.Without("SMTPUTF8")})
	r := relayTo(t, sink)
	for _, from := range []string{"desk@x> SIZE=1 <y", "büro@desk.example"} {
		env := to("a@x.example")
		env.From = from
		got := r.Submit(t.Context(), env, 0, text(letter))
		if v := verdicts(got); v != "refused" || !strings.HasPrefix(got.Answers[0].Text, "return path") {
			t.Errorf("%q: %q %+v", from, v, got.Answers)
		}
	}
	if n := len(sink.Mails()); n != 0 {
		t.Errorf("%d mails", n)
	}
}

func FuzzWirePath(f *testing.F) {
	for _, s := range []string{"a@b.example", `"a b"@c`, "x@y> NOTIFY=NEVER <z", "ü@ü", "a@[1.2.3.4]", "\"\\\"\"@x", "a@b (c)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := wirePath(s)
		if err != nil {
			return
		}
		if strings.ContainsAny(p.addr, "<>\r\n\x00") || strings.Count(p.addr, "@") == 0 {
			t.Errorf("%q goes on the wire as %q", s, p.addr)
		}
		if !p.utf8 && !printableASCII(p.addr) {
			t.Errorf("%q is not ASCII and does not ask for SMTPUTF8", p.addr)
		}
		if again, err := wirePath(p.addr); err != nil || again != p {
			t.Errorf("%q becomes %+v, then %+v, %v", s, p, again, err)
		}
	})
}

func FuzzCRLF(f *testing.F) {
	for _, s := range []string{"a\r\nb", "\n.\n", "\r.\r", "\r\r\n\n", "\r"} {
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, s string, cut int) {
		var out bytes.Buffer
		w := &crlfWriter{w: &out}
		cut = min(max(cut, 0), len(s))
		for _, part := range []string{s[:cut], s[cut:]} {
			if n, err := io.WriteString(w, part); n != len(part) || err != nil {
				t.Fatalf("wrote %d of %d: %v", n, len(part), err)
			}
		}
		if err := w.finish(); err != nil {
			t.Fatal(err)
		}
		bare := strings.ReplaceAll(out.String(), "\r\n", "")
		if strings.ContainsAny(bare, "\r\n") {
			t.Errorf("%q leaves a bare CR or LF: %q", s, out.String())
		}
		if strings.NewReplacer("\r", "", "\n", "").Replace(s) != bare {
			t.Errorf("%q lost text: %q", s, out.String())
		}
	})
}
