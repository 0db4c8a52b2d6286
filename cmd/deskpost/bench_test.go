package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/inbound/mime"
	"deskpost/ticket"
)

// TestBenchHostProcess is no test: the bench under test starts this binary as
// its mail servers.
func TestBenchHostProcess(*testing.T) {
	if args := flag.Args(); len(args) > 1 && args[0] == "bench" && args[1] == "host" {
		root := rootCommand()
		root.SetArgs(args)
		os.Exit(exitCode(root.Execute()))
	}
}

// testBench is a bench whose mail servers are this binary.
func testBench(t *testing.T) *bench {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &bench{count: 20, latency: 3, seed: 1, host: []string{exe, "-test.run=^TestBenchHostProcess$", "--"}, errors: t.Output()}
}

func TestBenchIngest(t *testing.T) {
	t.Parallel()
	b := testBench(t)
	b.json = true
	var out bytes.Buffer
	if err := b.command(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	var r benchReport
	if err := dec.Decode(&r); err != nil {
		t.Fatal(err)
	}
	var size int64
	for i := range b.count {
		size += int64(len(benchMail{b.seed}.raw(i)))
	}
	switch {
	case r.Mails != 20 || r.Bytes != size:
		t.Errorf("%d mails with %d bytes, want 20 with %d", r.Mails, r.Bytes, size)
	case r.Outcomes[ticket.Opened] == 0 || r.Outcomes[ticket.Appended] == 0 || r.Outcomes[ticket.Opened]+r.Outcomes[ticket.Appended] != 20:
		t.Errorf("outcomes %v: want new tickets and answers to them and nothing else", r.Outcomes)
	case r.Latency == nil || r.Latency.Mails != 3 || r.Latency.P50 <= 0 || r.Latency.P50 > r.Latency.P95 || r.Latency.P95 > r.Latency.Max:
		t.Errorf("latency %+v", r.Latency)
	case r.Seconds <= 0 || r.CPUSeconds <= 0 || r.MailsPerSecond <= 0 || r.Commits == 0:
		t.Errorf("nothing was measured: %+v", r)
	case r.SentMeanwhile+r.SentAfter < r.Outcomes[ticket.Opened]:
		t.Errorf("%d mails sent for %d tickets", r.SentMeanwhile+r.SentAfter, r.Outcomes[ticket.Opened])
	case r.DatabaseBytes < size:
		t.Errorf("the database has %d bytes, less than the %d bytes of mail in it", r.DatabaseBytes, size)
	}
}

// TestBenchReadsAServer measures a server that the bench did not start, and
// leaves it as it was.
func TestBenchReadsAServer(t *testing.T) {
	t.Parallel()
	h, err := listenBench(5, 1, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.close() })
	b := testBench(t)
	b.count, b.latency = 2000, 0
	b.imap, b.password = "imap+insecure://desk%40bench.example@"+h.imap.Addr(), benchPassword
	r, err := b.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Mails != 5 || r.Latency != nil {
		t.Errorf("%d mails, latency %v", r.Mails, r.Latency)
	}
	mails, err := h.imap.Messages(benchDesk, "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mails {
		if len(m.Flags) > 0 {
			t.Errorf("mail %d has the flags %v now", m.UID, m.Flags)
		}
	}

	b.count, b.countGiven = 2000, true
	if _, err := b.run(t.Context()); err == nil || !strings.Contains(err.Error(), "5 mails in INBOX and not 2000") {
		t.Errorf("-n 2000 on 5 mails: %v", err)
	}
	b.password = "wrong"
	if _, err := b.run(t.Context()); err == nil || !strings.Contains(err.Error(), "--imap") {
		t.Errorf("wrong password: %v", err)
	}
}

// TestBenchEndsWhenToldTo breaks off while the mail servers wait for an
// acknowledgement.
func TestBenchEndsWhenToldTo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	host, err := startBenchHost(ctx, testBench(t).host, 1, 1, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(50*time.Millisecond, cancel)
	defer timer.Stop()
	began := time.Now()
	if _, err := host.deliver(0); err == nil {
		t.Error("a mail was acknowledged by nobody")
	}
	if err := host.close(); err == nil {
		t.Error("a child that was killed ended well")
	}
	if took := time.Since(began); took > answerPatience/2 {
		t.Errorf("it took %s to break off", took)
	}
}

func TestBenchRefusals(t *testing.T) {
	t.Parallel()
	closed := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}()
	for _, c := range []struct {
		name, want string
		usage      bool
		change     func(*bench)
	}{
		{"no mails", "-n 0", true, func(b *bench) { b.count = 0 }},
		{"negative", "-n -5", true, func(b *bench) { b.count = -5 }},
		{"latency", "--latency -1", true, func(b *bench) { b.latency = -1 }},
		{"password alone", "--password is for", true, func(b *bench) { b.password = "x" }},
		{"no URL", "not a URL", true, func(b *bench) { b.imap, b.latency = "localhost", 0 }},
		{"insecure", "not encrypted", true, func(b *bench) { b.imap, b.latency = "imap+insecure://u@mail.example", 0 }},
		{"no user", "no user", true, func(b *bench) { b.imap, b.latency = "imaps://mail.example", 0 }},
		{"no password", "needs --password", true, func(b *bench) { b.imap, b.latency = "imaps://u@mail.example", 0 }},
		{"latency elsewhere", "leave out --imap", true, func(b *bench) { b.imap, b.password = "imaps://u@mail.example", "x" }},
		{"no secret", "is not set", true, func(b *bench) {
			b.imap, b.password, b.latency = "imaps://u@mail.example", "env:NO_SUCH_SECRET_OF_A_BENCH", 0
		}},
		{"unreachable", closed, false, func(b *bench) {
			b.imap, b.password, b.latency = "imap+insecure://u@"+closed, "x", 0
		}},
		{"no program", "start the mail servers", false, func(b *bench) { b.host = []string{"/no/such/program"} }},
		{"not our program", "did not start", false, func(b *bench) { b.host = []string{"/bin/true"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := testBench(t)
			c.change(b)
			err := b.command(t.Context(), io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want it to contain %q", err, c.want)
			}
			if _, got := errors.AsType[*usageError](err); got != c.usage {
				t.Errorf("a fault of the command line: %t, want %t: %v", got, c.usage, err)
			}
		})
	}
}

// TestBenchMailIsPinned keeps figures of different versions comparable.
func TestBenchMailIsPinned(t *testing.T) {
	t.Parallel()
	const want = "8a81532fbae6d02b835c29d587cadbb57b50cd99ebea147539528e19462b271e"
	sum := sha256.New()
	for i := range 200 {
		sum.Write(benchMail{1}.raw(i))
	}
	_, timed := benchMail{1}.timed(0)
	sum.Write(timed)
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("the mail of seed 1 has changed: its sum is %s, was %s", got, want)
	}
	if bytes.Equal(benchMail{1}.raw(0), benchMail{2}.raw(0)) {
		t.Error("two seeds make the same mail")
	}
}

func TestBenchMailIsWhatHelpDesksGet(t *testing.T) {
	t.Parallel()
	const n = 300
	var kinds [4]int
	ids := map[string]bool{}
	for i := range n {
		kind := benchMail{7}.draft(i).kind
		kinds[kind]++
		raw := benchMail{7}.raw(i)
		m := mime.Read(bytes.NewReader(raw), mime.DefaultLimits())
		if len(m.Problems) > 0 || len(m.From) != 1 || m.Text == "" || ids[m.MessageID] {
			t.Fatalf("mail %d: from %v, id %q, problems %v", i, m.From, m.MessageID, m.Problems)
		}
		if kind == kindReply && (len(m.References) == 0 || !ids[m.InReplyTo[0]]) {
			t.Fatalf("reply %d answers %v, which is no earlier mail", i, m.InReplyTo)
		}
		ids[m.MessageID] = true
		low, high := [...]int{1500, 1500, 67_000, 2_700_000}[kind], [...]int{10_000, 16_000, 690_000, 6_900_000}[kind]
		if len(raw) < low || len(raw) > high {
			t.Errorf("mail %d of kind %d has %d bytes, want %d to %d", i, kind, len(raw), low, high)
		}
	}
	for kind, share := range []int{210, 60, 24, 6} {
		if got := kinds[kind]; got < share/2 || got > share*5/2 {
			t.Errorf("%d of %d mails are of kind %d, want about %d", got, n, kind, share)
		}
	}
}

func TestBenchSummary(t *testing.T) {
	t.Parallel()
	r := benchReport{Mails: 500, Seconds: 2, CPUSeconds: 1, Bytes: 30e6}
	for i := range 100 {
		r.latencies = append(r.latencies, time.Duration(i+1)*time.Millisecond)
	}
	slices.Reverse(r.latencies)
	r.summarise()
	if want := (latencyReport{100, 50, 95, 100}); *r.Latency != want {
		t.Errorf("latency %+v, want %+v", *r.Latency, want)
	}
	if r.MailsPerSecond != 250 || r.CPUPerThousand != 2 || r.MegabytesPerSecond != 15 {
		t.Errorf("%+v", r)
	}
	one := benchReport{Mails: 1, Seconds: 1, latencies: []time.Duration{time.Second}}
	if one.summarise(); one.Latency.P50 != 1000 || one.Latency.P95 != 1000 {
		t.Errorf("latency of one mail %+v", *one.Latency)
	}
}

func TestReadVmHWM(t *testing.T) {
	t.Parallel()
	if got, err := readVmHWM([]byte("Name:\tdeskpost\nVmPeak:\t 9 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 1 kB\n")); err != nil || got != 1234<<10 {
		t.Errorf("got %d, %v", got, err)
	}
	for _, bad := range []string{"", "VmPeak: 1 kB\n", "VmHWM:\tmuch\n"} {
		if got, err := readVmHWM([]byte(bad)); err == nil {
			t.Errorf("%q: got %d, want an error", bad, got)
		}
	}
}
