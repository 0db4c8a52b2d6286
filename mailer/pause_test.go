package mailer

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"deskpost/mailer/mailertest"
)

// A stoppedClock is the context of a process that is paused: its deadline passes
// and nobody is told.
type stoppedClock struct {
	context.Context
	end time.Time
}

func (c stoppedClock) Deadline() (time.Time, bool) { return c.end, true }

// TestSubmitAfterAPause demands that a sender which was paused until after its
// time does not write the final dot, wherever it stood, and that the connection
// of the next mail is free of that (F15).
func TestSubmitAfterAPause(t *testing.T) {
	t.Parallel()
	sink := mailertest.Start(t, mailertest.Temper{})
	r := relayTo(t, sink)
	long := letter + strings.Repeat("x\r\n", 10_000) // more than is kept back until the dot
	for name, body := range map[string]func(io.Writer, func()) error{
		"before the body": func(w io.Writer, pause func()) error { pause(); return text(letter)(w) },
		"before the dot":  func(w io.Writer, pause func()) error { defer pause(); return text(letter)(w) },
		"in a long body": func(w io.Writer, pause func()) error {
			if err := text(long)(w); err != nil {
				return err
			}
			pause()
			return text(long)(w)
		},
	} {
		ctx := stoppedClock{t.Context(), time.Now().Add(300 * time.Millisecond)}
		got := r.Submit(ctx, to("a@x.example"), 0, func(w io.Writer) error {
			return body(w, func() { time.Sleep(time.Until(ctx.end) + 10*time.Millisecond) })
		})
		if v := verdicts(got); v != "later" || len(sink.Mails()) != 0 {
			t.Errorf("%s: verdict %q, %d mails: %+v", name, v, len(sink.Mails()), got)
		}
	}
	ctx := stoppedClock{t.Context(), time.Now().Add(200 * time.Millisecond)}
	if v := verdicts(r.Submit(ctx, to("a@x.example"), 0, text(letter))); v != "sent" {
		t.Errorf("within its time: verdict %q", v)
	}
	time.Sleep(time.Until(ctx.end) + 10*time.Millisecond)
	if v := verdicts(r.Submit(t.Context(), to("a@x.example"), 0, text(letter))); v != "sent" || sink.Connections() != 4 {
		t.Errorf("the next mail: verdict %q over connection %d", v, sink.Connections())
	}
}
