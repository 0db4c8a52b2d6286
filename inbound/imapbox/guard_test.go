package imapbox

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func scanAll(t testing.TB, chunks ...string) (*guard, error) {
	t.Helper()
	g := newGuard(nil, func(error) {})
	g.literalMax.Store(1000)
	for _, c := range chunks {
		if err := g.scan([]byte(c)); err != nil {
			return g, err
		}
	}
	return g, nil
}

func TestGuardFrames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", lineLimit)
	for name, tc := range map[string]struct {
		in   string
		want error
	}{
		"plain":                                {"* OK hi\r\n* 1 EXISTS\r\n", nil},
		"line too long":                        {"* " + long + "\r\n", errLongLine},
		"no end":                               {long + "x", errLongLine},
		"long within a literal":                {"* 1 FETCH (BODY[] {1000}\r\n" + strings.Repeat("x", 1000) + ")\r\n", nil},
		"literals do not reset a line's count": {strings.Repeat("* "+strings.Repeat("y", 1000)+" {1}\r\nz", 70), errLongLine},
		"literal too large":                    {"* 1 FETCH (BODY[] {1001}\r\n", ErrTooLarge},
		"larger than a number":                 {"* 1 FETCH (BODY[] {" + strings.Repeat("9", 22) + "}\r\n", ErrTooLarge},
		"padded with zeros":                    {"* LIST () NIL {" + strings.Repeat("0", 100) + "5000}\r\n", ErrTooLarge},
		"digits and a brace":                   {"* 1 FETCH 5000}\r\n", nil},
		"no literal in free text":              {"* OK come back in {5000}\r\nT1 NO {5000}\r\n+ {5000}\r\n", nil},
		"BYE in a mail is not a BYE":           {"* 1 FETCH (BODY[] {14}\r\n\r\n* BYE bye\r\n\r\n)\r\n", nil},
	} {
		g, err := scanAll(t, tc.in)
		if !errors.Is(err, tc.want) || (tc.want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
		if g.bye() != "" {
			t.Errorf("%s: heard BYE %q", name, g.bye())
		}
	}
}

func TestGuardHears(t *testing.T) {
	t.Parallel()
	g, err := scanAll(t, "* OK [ALERT] one\r\n* NO [alert] two\r\n", strings.Repeat("* OK [ALERT] more\r\n", 50),
		"T1 OK [READ-ONLY] x\r\n* NO [UIDNOTSTICKY] y\r\n* BYE so long\r\n")
	if err != nil {
		t.Fatal(err)
	}
	heard, alerts := g.asides()
	if !heard.readOnly || !heard.notSticky || heard.bye != "so long" || len(alerts) != 5 || alerts[1] != "two" {
		t.Errorf("heard %+v, alerts %q", heard, alerts)
	}
}

// FuzzGuard proves that the frames do not depend on how the bytes are cut
// into reads, and that no more of them is kept than promised.
func FuzzGuard(f *testing.F) {
	f.Add([]byte("* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nT1 OK [READ-ONLY] done\r\n"), uint8(3))
	f.Add([]byte("* BYE\r\n* LIST () \"/\" {4}\n{9}}\r\n+ {9}\r\n"), uint8(1))
	f.Add([]byte("{18446744073709551616}\r\n"), uint8(7))
	f.Fuzz(func(t *testing.T, in []byte, step uint8) {
		whole, wholeErr := scanAll(t, string(in))
		var chunks []string
		for rest := string(in); rest != ""; {
			n := min(int(step)+1, len(rest))
			chunks, rest = append(chunks, rest[:n]), rest[n:]
		}
		cut, cutErr := scanAll(t, chunks...)
		if (wholeErr == nil) != (cutErr == nil) || wholeErr == nil && (whole.line != cut.line || whole.skip != cut.skip || whole.heard != cut.heard) {
			t.Errorf("at once: %v %+v; in steps: %v %+v", wholeErr, whole.heard, cutErr, cut.heard)
		}
		if len(cut.head) > headSize || len(cut.tail) > tailSize || cut.skip < 0 || len(cut.alerts) > 5 {
			t.Errorf("kept %d + %d bytes, skip %d, %d alerts", len(cut.head), len(cut.tail), cut.skip, len(cut.alerts))
		}
	})
}

// FuzzStartTLS proves that whatever comes in clear, nothing of it is left to
// be read once TLS is said to begin.
func FuzzStartTLS(f *testing.F) {
	f.Add([]byte("* OK hi\r\nS1 OK go\r\n"))
	f.Add([]byte("* OK hi\r\n* X\r\nS1 OK go\r\nmore"))
	f.Add([]byte("* BYE\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(in), 64)
		var said strings.Builder
		err := askStartTLS(r, &said)
		if err == nil && r.Buffered() > 0 {
			t.Errorf("%d bytes in clear are left", r.Buffered())
		}
		if s := said.String(); s != "" && s != "S1 STARTTLS\r\n" {
			t.Errorf("said %q in clear", s)
		}
		if err == nil && !bytes.Contains(bytes.ToUpper(in), []byte("S1 OK")) {
			t.Error("TLS without the server's consent")
		}
	})
}

func TestSaid(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                        "(no text)",
		"a\r\nb\x00\x1b[0mc":      "a  b  [0mc",
		"\xff\xfe":                "?",
		strings.Repeat("é", 1000): strings.Repeat("é", 200) + "…",
	} {
		if got := said(in); got != want {
			t.Errorf("said(%.20q) = %.40q, want %.40q", in, got, want)
		}
	}
}

func TestCountedReader(t *testing.T) {
	t.Parallel()
	short := &countedReader{r: strings.NewReader("abc"), left: 4}
	if _, err := io.ReadAll(short); !errors.Is(err, io.ErrUnexpectedEOF) || !short.short {
		t.Errorf("short: %v, %v", err, short.short)
	}
	full := &countedReader{r: strings.NewReader("abcd"), left: 4}
	if _, err := io.ReadAll(full); err != nil || full.short {
		t.Errorf("full: %v, %v", err, full.short)
	}
}
