package inbound

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpost/inbound/inboundtest"
	"deskpost/inbound/memimap"
	"deskpost/ticket"
)

// attachment is a mail that is a file.
func attachment(name, base64 string) []byte {
	return append([]byte("Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n"), letter(name, base64)...)
}

func TestSizes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	lines := func(size int) string { return strings.Repeat(strings.Repeat("QUJD", 19)+"\r\n", size/78) }
	mails := [][]byte{
		letter("small", "x"),
		attachment("large", lines(2<<20)), // over inlineBytes: through the blob store
		letter("edge", strings.Repeat("x", inlineBytes-len(letter("edge", "")))),
		attachment("huge", lines(3<<20)), // over the limit of 5/2 MiB
		letter("last", "x"),
	}
	for _, m := range mails {
		w.deliver(m)
	}
	limit := func(p *Poller) { p.MaxBytes, p.After.Action = 5<<19, AfterDelete }
	w.sweep(limit)
	w.want("1 opened", "2 opened", "3 opened", "4 oversize", "5 opened")
	for i, r := range w.receipts() {
		want := mails[i]
		if r.Outcome == ticket.Oversize {
			want = want[:headBytes]
		}
		if !bytes.Equal(w.raw(r.Raw.Sum), want) {
			t.Errorf("raw mail %d is not what was delivered", i+1)
		}
	}
	if e := w.entry(w.receipts()[3]); !strings.Contains(fmt.Sprint(e.Remarks), "only its beginning was taken") {
		t.Errorf("nothing says that mail is missing: %q", e.Remarks)
	}
	w.advance(time.Hour)
	w.sweep(limit)
	w.wantOnServer("INBOX", "4")
	// Not with another limit either.
	w.sweep(func(p *Poller) { p.After.Action = AfterDelete })
	w.wantOnServer("INBOX", "4")
}

// TestOversizeDuplicateStaysOnTheServer has an over-size mail whose outcome does
// not tell that it was cut.
func TestOversizeDuplicateStaysOnTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, memimap.Options{})
	huge := letter("a", strings.Repeat("x", 200<<10))
	w.deliver(huge)
	w.deliver(huge)
	change := func(p *Poller) { p.MaxBytes, p.After.Action = 100<<10, AfterDelete }
	w.sweep(change)
	w.want("1 oversize", "2 duplicate")
	w.sweep(change)
	w.wantOnServer("INBOX", "1", "2")
}

// TestServerLiesAboutSizes announces a small mail with all kinds of sizes. It is
// fetched once more, and taken since it came twice the same (F24).
func TestServerLiesAboutSizes(t *testing.T) {
	t.Parallel()
	raw := letter("a", "x")
	for name, size := range map[string]int64{"0": 0, "too small": 5, "too large": 5000, "beyond the limit": 1 << 32} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := dialog(inboundtest.OpenBox(""), selected(), search(1), fetchMeta("1", metaSized(1, size)))
			if size > defaultMax {
				script = dialog(script, answer(`UID FETCH 1 \(.*BODY.PEEK\[\]<0.65536>`,
					fmt.Sprintf("* 1 FETCH (UID 1 BODY[]<0> {%d}\r\n%s)\r\n$TAG OK\r\n", len(raw), raw)))
			}
			w := worldAt(t, inboundtest.Serve(t, dialog(script, fetchBody("1", body(1, raw)), fetchBody("1", body(1, raw)), stored(), leave())).Addr)
			w.sweep()
			w.want("1 opened")
			if !bytes.Equal(w.raw(w.receipts()[0].Raw.Sum), raw) || w.log.count("another size than the server said") != 1 {
				t.Errorf("not as it came, or not said:\n%s", w.log.text.String())
			}
		})
	}
}

// TestServerSendsOtherBytesEachTime, and another size than it said: that is no
// mail to be believed until it has come twice the same (F24).
func TestServerSendsOtherBytesEachTime(t *testing.T) {
	t.Parallel()
	raw, half := letter("a", "all of it"), letter("a", "al")
	short := fetchMeta("1", metaSized(1, 5000))
	w := worldAt(t, inboundtest.Serve(t, dialog(inboundtest.OpenBox(""),
		selected(), search(1), short, fetchBody("1", body(1, half)), fetchBody("1", body(1, raw)), search(1),
		selected(), search(1), short, fetchBody("1", body(1, raw)), fetchBody("1"), search(1),
		selected(), search(1), fetchMeta("1", meta(1, raw)), fetchBody("1", body(1, raw)), stored(), leave())).Addr)
	w.sweep()
	w.want("1 opened")
	if !bytes.Equal(w.raw(w.receipts()[0].Raw.Sum), raw) || w.log.count("stage=fetch") != 2 {
		t.Errorf("half a mail was taken:\n%s", w.log.text.String())
	}
}

// TestSizeThatIsNoNumber ends the connection, and with it costs the mail a try:
// in the end there is a stub, and no more is asked for than was announced (F24).
func TestSizeThatIsNoNumber(t *testing.T) {
	t.Parallel()
	var scripts []inboundtest.Script
	for range fetchTries {
		scripts = append(scripts, dialog(inboundtest.OpenBox(""), selected(), search(1),
			fetchMeta("1", strings.Replace(metaSized(1, 7), "RFC822.SIZE 7", "RFC822.SIZE -1", 1))))
	}
	w := worldAt(t, inboundtest.Serve(t, scripts...).Addr)
	for range fetchTries {
		if err := w.trySweep(); err == nil {
			t.Fatal("a size of -1 was believed")
		}
		w.advance(time.Minute)
	}
	w.want("1 unreadable")
}

// TestServerSendsMailNobodyAskedFor must not bring the daemon down (F24).
func TestServerSendsMailNobodyAskedFor(t *testing.T) {
	t.Parallel()
	raw, other := letter("a", "x"), letter("other", "x")
	server := inboundtest.Serve(t, dialog(inboundtest.OpenBox(""), selected(), search(1), fetchMeta("1", meta(1, raw), meta(9, other)),
		fetchBody("1", body(9, other), body(1, raw)), stored(), leave()))
	w := worldAt(t, server.Addr)
	w.sweep()
	w.want("1 opened")
}
