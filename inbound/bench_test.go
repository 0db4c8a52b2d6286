package inbound

import (
	"fmt"
	"strings"
	"testing"

	"deskpost/inbound/memimap"
)

// BenchmarkSweep takes a backlog of 500 mails of 4 KiB, from the server to
// committed tickets.
func BenchmarkSweep(b *testing.B) {
	const mails = 500
	text := strings.Repeat("All work and no play makes Jack a dull boy.\r\n", 86)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b, memimap.Options{})
		for i := range mails {
			w.deliver(letter(fmt.Sprint("m", i), text))
		}
		b.StartTimer()
		w.sweep()
		b.StopTimer()
		if got := len(w.receipts()); got != mails {
			b.Fatalf("%d mails taken", got)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N*mails)/b.Elapsed().Seconds(), "mails/s")
}
