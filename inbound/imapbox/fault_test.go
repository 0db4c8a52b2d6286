package imapbox_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/inbound/imapbox"
	"deskpost/inbound/inboundtest"
	"deskpost/inbound/memimap"
)

// The scripts' shorthand.
var (
	send   = inboundtest.Send
	expect = inboundtest.Expect
	answer = inboundtest.Answer
	mute   = inboundtest.Mute
	cut    = inboundtest.Cut
	leave  = inboundtest.Leave
)

// soon fails the test if a call took longer than any of its deadlines allow.
func soon(t *testing.T, begin time.Time) {
	t.Helper()
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestFetchFaults is what servers do wrong in answer to
// UID FETCH 1:3 (UID BODY.PEEK[]) (F20, F24).
func TestFetchFaults(t *testing.T) {
	t.Parallel()
	const ok = "$TAG OK done\r\n"
	mail := func(seq, uid int, body string) string {
		return fmt.Sprintf("* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", seq, uid, len(body), body)
	}
	for name, tc := range map[string]struct {
		says  string
		whole []uint32 // mails whole at the end
		kind  imapbox.Kind
	}{
		"all well":                       {mail(1, 1, "one") + mail(2, 2, "two") + mail(3, 3, "three") + ok, []uint32{1, 2, 3}, 0},
		"other order":                    {mail(3, 3, "three") + mail(1, 1, "one") + mail(2, 2, "two") + ok, []uint32{1, 2, 3}, 0},
		"truncated literal":              {mail(1, 1, "one") + "* 2 FETCH (UID 2 BODY[] {1000}\r\nabc", []uint32{1}, imapbox.KindLost},
		"cut before the closing bracket": {"* 1 FETCH (UID 1 BODY[] {3}\r\none", nil, imapbox.KindLost},
		"cut before the tagged OK":       {mail(1, 1, "one") + mail(2, 2, "two"), []uint32{1}, imapbox.KindLost},
		"literal longer than announced":  {mail(1, 1, "one") + "* 2 FETCH (UID 2 BODY[] {3}\r\ntwo and more)\r\n" + ok, []uint32{1}, imapbox.KindProtocol},
		"UID after the literal":          {"* 1 FETCH (BODY[] {3}\r\none UID 1)\r\n" + mail(2, 2, "two") + ok, []uint32{2}, 0},
		"slot stolen by a flag change":   {"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n" + mail(1, 1, "one") + mail(2, 2, "two") + ok, []uint32{2}, 0},
		"NIL body":                       {"* 1 FETCH (UID 1 BODY[] NIL)\r\n" + mail(2, 2, "two") + ok, []uint32{2}, 0},
		"empty body":                     {mail(1, 1, "") + mail(2, 2, "two") + ok, []uint32{2}, 0},
		"quoted body":                    {"* 1 FETCH (UID 1 BODY[] \"one\")\r\n" + ok, []uint32{1}, 0},
		"two bodies at once":             {"* 1 FETCH (UID 1 BODY[] {3}\r\none BODY[] {3}\r\neno)\r\n" + mail(2, 2, "two") + ok, []uint32{2}, 0},
		"only a part":                    {"* 1 FETCH (UID 1 BODY[]<0> {3}\r\none)\r\n" + mail(2, 2, "two") + ok, []uint32{2}, 0},
		"sent twice":                     {mail(1, 1, "one") + mail(1, 1, "eno") + mail(2, 2, "two") + ok, []uint32{1, 2}, 0},
		"unasked for":                    {mail(9, 900, "nine") + mail(1, 1, "one") + ok, []uint32{1}, 0},
		"UID 0":                          {mail(1, 0, "nought") + mail(2, 2, "two") + ok, []uint32{2}, 0},
		"all gone":                       {ok, nil, 0},
		"expunged meanwhile":             {mail(1, 1, "one") + "* 2 EXPUNGE\r\n" + mail(2, 3, "three") + ok, []uint32{1, 3}, 0},
		"refused in part":                {mail(1, 1, "one") + "$TAG NO some mails cannot be read\r\n", []uint32{1}, imapbox.KindRefused},
		"poison":                         {mail(1, 1, "one") + "* 2 FETCH (X-GM-MSGID 1 UID 2 BODY[] {3}\r\ntwo)\r\n" + ok, nil, imapbox.KindProtocol},
		"unknown response":               {mail(1, 1, "one") + "* VANISHED 2\r\n" + ok, nil, imapbox.KindProtocol},
		"literal beyond the limit":       {mail(1, 1, "one") + "* 2 FETCH (UID 2 BODY[] {99999999999}\r\nabc", []uint32{1}, imapbox.KindProtocol},
		"literal beyond all numbers":     {"* 2 FETCH (UID 2 BODY[] {99999999999999999999}\r\nabc", nil, imapbox.KindProtocol},
		"hangs up saying why":            {mail(1, 1, "one") + "* BYE too many commands\r\n", nil, imapbox.KindLost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := inboundtest.Serve(t, inboundtest.OpenBox("").Then(answer(`UID FETCH 1:3 \(UID BODY.PEEK\[\]\)`, tc.says), cut()))
			box := dial(t, patient(server.Addr))
			begin := time.Now()
			given := make(map[uint32]int)
			missing, err := box.Fetch(t.Context(), []uint32{1, 2, 3}, func(uid uint32, size int64, body io.Reader) error {
				given[uid]++
				raw, err := io.ReadAll(body)
				if err == nil && int64(len(raw)) != size {
					t.Errorf("uid %d: %d bytes without an error, %d were announced", uid, len(raw), size)
				}
				return err
			})
			soon(t, begin)
			var whole []uint32
			for _, uid := range []uint32{1, 2, 3} {
				if !slices.Contains(missing, uid) {
					whole = append(whole, uid)
				}
				if given[uid] > 1 {
					t.Errorf("uid %d was given out %d times", uid, given[uid])
				}
			}
			// What comes together with the announcement of too much is lost with it.
			lossy := strings.Contains(name, "beyond") && len(whole) == 0
			if !slices.Equal(whole, tc.whole) && !lossy {
				t.Errorf("whole %v, want %v", whole, tc.whole)
			}
			if imapbox.KindOf(err) != tc.kind {
				t.Errorf("error %v of kind %d, want %d", err, imapbox.KindOf(err), tc.kind)
			}
			if strings.Contains(name, "beyond") && !errors.Is(err, imapbox.ErrTooLarge) {
				t.Errorf("not ErrTooLarge: %v", err)
			}
		})
	}
}

// TestCutEverywhere cuts a whole session after every so many bytes: nothing
// hangs, and nothing that came short counts as a mail (F20).
func TestCutEverywhere(t *testing.T) {
	t.Parallel()
	server := memory(t, memimap.Options{})
	want := map[uint32]string{1: "Subject: one\r\n\r\n" + strings.Repeat("1", 200), 2: "Subject: two\r\n\r\n" + strings.Repeat("2", 200)}
	deliver(t, server, want[1], want[2])
	proxy := inboundtest.CutProxy(t, server.Addr())
	complete := 0
	for n := int64(0); n < 2200; n += 9 {
		proxy.CutAfter(n)
		box, err := imapbox.Dial(t.Context(), patient(proxy.Addr))
		if err != nil {
			continue
		}
		whole, missing, err := take(t.Context(), box, 1, 2)
		box.Close()
		if err == nil && len(missing) == 0 {
			complete++
		}
		for uid, raw := range whole {
			if raw != want[uid] {
				t.Errorf("cut after %d: mail %d counts as whole with %d bytes", n, uid, len(raw))
			}
		}
	}
	if complete == 0 {
		t.Error("no cut was late enough to see a complete session")
	}
}

// TestSearchFaults is what servers answer to the search for mail above UID 10
// (F24).
func TestSearchFaults(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		says string
		want []uint32
		kind imapbox.Kind
	}{
		"n:* returns the last mail":   {"* SEARCH 10\r\n$TAG OK\r\n", nil, 0},
		"falling":                     {"* SEARCH 13 12 11 12\r\n$TAG OK\r\n", []uint32{11, 12, 13}, 0},
		"zero":                        {"* SEARCH 0 11\r\n$TAG OK\r\n", []uint32{11}, 0},
		"extended answer":             {"* ESEARCH (TAG \"$TAG\") UID ALL 9:12\r\n$TAG OK\r\n", []uint32{11, 12}, 0},
		"extended answer, nothing":    {"* ESEARCH (TAG \"$TAG\") UID\r\n$TAG OK\r\n", nil, 0},
		"four thousand million mails": {"* ESEARCH (TAG \"$TAG\") UID ALL 1:4294967295\r\n$TAG OK\r\n", nil, imapbox.KindProtocol},
		"sequence numbers":            {"* ESEARCH (TAG \"$TAG\") ALL 11\r\n$TAG OK\r\n", nil, imapbox.KindProtocol},
		"refused":                     {"$TAG NO not now\r\n", nil, imapbox.KindRefused},
		"largest UID":                 {"* SEARCH 4294967295\r\n$TAG OK\r\n", []uint32{1<<32 - 1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := inboundtest.Serve(t, inboundtest.OpenBox("").Then(answer("NOOP", "$TAG OK\r\n"), answer(`UID SEARCH UID 11:\*`, tc.says), leave()))
			box := dial(t, patient(server.Addr))
			got, err := box.NewUIDs(t.Context(), 10)
			if !slices.Equal(got, tc.want) || imapbox.KindOf(err) != tc.kind {
				t.Errorf("%v, %v; want %v, kind %d", got, err, tc.want, tc.kind)
			}
		})
	}
}

// TestLongLines proves that a line without end costs no memory, and that the
// long line which SEARCH may rightly be is taken (F24, F29).
func TestLongLines(t *testing.T) {
	var script inboundtest.Script = inboundtest.OpenBox("").Then(answer("NOOP", "$TAG OK\r\n"), expect("SEARCH"), inboundtest.Flood('7', 8<<20))
	server := inboundtest.Serve(t, inboundtest.Script{inboundtest.Flood('x', 100<<20)}, script)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if _, err := imapbox.Dial(t.Context(), patient(server.Addr)); imapbox.KindOf(err) != imapbox.KindProtocol {
		t.Errorf("greeting: %v", err)
	}
	box := dial(t, patient(server.Addr))
	if err := search(t.Context(), box); imapbox.KindOf(err) != imapbox.KindProtocol {
		t.Errorf("search: %v", err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 3<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
	var uids strings.Builder
	for uid := 1_000_000; uid < 1_020_000; uid++ {
		fmt.Fprintf(&uids, " %d", uid)
	}
	server = inboundtest.Serve(t, inboundtest.Login("").Then(
		answer("SELECT", strings.Replace(inboundtest.Folder, "* 3 EXISTS", "* 20000 EXISTS", 1)),
		answer("NOOP", "$TAG OK\r\n"), answer("SEARCH", "* SEARCH"+uids.String()+"\r\n$TAG OK\r\n"), leave()))
	got, err := dial(t, patient(server.Addr)).NewUIDs(t.Context(), 0)
	if err != nil || len(got) != 20000 {
		t.Errorf("%d UIDs, %v", len(got), err)
	}
}

// TestMetaAsksAgain: another client's flag change takes the place of an answer
// (F24).
func TestMetaAsksAgain(t *testing.T) {
	t.Parallel()
	server := inboundtest.Serve(t, inboundtest.OpenBox("").Then(
		answer(`UID FETCH 1:2 `, "* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n"+
			"* 2 FETCH (UID 2 FLAGS () RFC822.SIZE 5 INTERNALDATE \"01-Mar-2026 10:00:00 +0100\")\r\n$TAG OK\r\n"),
		answer(`UID FETCH 1 `, "* 1 FETCH (UID 1 FLAGS (\\Seen) RFC822.SIZE 4 INTERNALDATE \"01-Mar-2026 10:00:00 +0100\")\r\n$TAG OK\r\n"),
		leave()))
	box := dial(t, patient(server.Addr))
	metas, err := box.Meta(t.Context(), []uint32{1, 2})
	if err != nil || len(metas) != 2 || metas[1].UID != 1 || metas[1].Size != 4 {
		t.Errorf("%+v, %v", metas, err)
	}
}

// TestPushes proves that what comes during an IDLE, even from within other
// commands, rings once and never blocks.
func TestPushes(t *testing.T) {
	t.Parallel()
	server := inboundtest.Serve(t, inboundtest.OpenBox("IDLE").Then(
		answer("IDLE", "+ idling\r\n* OK still here\r\n"+strings.Repeat("* 4 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen))\r\n", 100)),
		answer("DONE", "$TAG OK\r\n"),
		answer("NOOP", "* 5 EXISTS\r\n$TAG OK\r\n"), answer("SEARCH", "* SEARCH 4 5\r\n$TAG OK\r\n"),
		answer("IDLE", "+ idling\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 2 EXPUNGE\r\n"), answer("DONE", "$TAG OK\r\n"),
		answer("STORE", "* 6 EXISTS\r\n$TAG OK\r\n"), leave()))
	box := dial(t, patient(server.Addr))
	for i, step := range []struct {
		call func() error
		want bool
	}{
		{func() error { return nil }, true},                                       // pushed in IDLE
		{func() error { return search(t.Context(), box) }, false},                 // pushed before the search: found by it
		{func() error { return box.MarkSeen(t.Context(), []uint32{4, 5}) }, true}, // pushed while flagging
	} {
		if err := step.call(); err != nil {
			t.Fatal(err)
		}
		if changed, err := box.Wait(t.Context(), 200*time.Millisecond); changed != step.want || err != nil {
			t.Fatalf("wait %d: %v, %v; want %v", i, changed, err, step.want)
		}
	}
}
