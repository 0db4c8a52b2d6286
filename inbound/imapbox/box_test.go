package imapbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/inbound/imapbox"
	"deskpost/inbound/memimap"
)

// config is how the tests connect to a server without TLS.
func config(addr string) imapbox.Config {
	return imapbox.Config{
		Addr: addr, Security: imapbox.Insecure, User: "desk",
		Password:       func() (string, error) { return "secret", nil },
		CommandTimeout: 300 * time.Millisecond,
	}
}

// patient is config with a time for each command that a busy machine keeps.
func patient(addr string) imapbox.Config {
	cfg := config(addr)
	cfg.CommandTimeout = 10 * time.Second
	return cfg
}

func dial(t *testing.T, cfg imapbox.Config) *imapbox.Box {
	t.Helper()
	box, err := imapbox.Dial(t.Context(), cfg)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(box.Close)
	return box
}

func memory(t *testing.T, opts memimap.Options) *memimap.Server {
	t.Helper()
	server, err := memimap.Listen("127.0.0.1:0", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close server: %v", err)
		}
	})
	if err := server.AddUser("desk", "secret"); err != nil {
		t.Fatal(err)
	}
	return server
}

func deliver(t *testing.T, server *memimap.Server, raws ...string) {
	t.Helper()
	for _, raw := range raws {
		if _, err := server.Deliver("desk", "INBOX", []byte(raw), time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	}
}

func stored(t *testing.T, server *memimap.Server, folder string) []memimap.Stored {
	t.Helper()
	mails, err := server.Messages("desk", folder)
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

// bodies lists the raw mails of a folder.
func bodies(t *testing.T, server *memimap.Server, folder string) []string {
	t.Helper()
	var raws []string
	for _, m := range stored(t, server, folder) {
		raws = append(raws, string(m.Raw))
	}
	return raws
}

// take fetches, and returns what is whole.
func take(ctx context.Context, box *imapbox.Box, uids ...uint32) (whole map[uint32]string, missing []uint32, err error) {
	whole = make(map[uint32]string)
	missing, err = box.Fetch(ctx, uids, func(uid uint32, size int64, body io.Reader) error {
		raw, err := io.ReadAll(body)
		whole[uid] = string(raw)
		return err
	})
	for _, uid := range missing {
		delete(whole, uid)
	}
	return whole, missing, err
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	server := memory(t, memimap.Options{})
	deliver(t, server, "Subject: one\r\n\r\n1\r\n", "Subject: two\r\n\r\n2\r\n", "Subject: three\r\n\r\n3\r\n")
	box := dial(t, patient(server.Addr()))
	ctx := t.Context()

	if s := box.State(); s.Exists != 3 || s.UIDValidity == 0 || s.UIDNext != 4 || !s.Idle || !s.Move || !s.UIDPlus || s.ReadOnly {
		t.Errorf("state %+v", s)
	}
	for after, want := range map[uint32][]uint32{0: {1, 2, 3}, 1: {2, 3}, 2: {3}, 3: nil, 900: nil, 1<<32 - 1: nil} {
		if got, err := box.NewUIDs(ctx, after); err != nil || !slices.Equal(got, want) {
			t.Errorf("new UIDs after %d: %v, %v; want %v", after, got, err, want)
		}
	}
	whole, missing, err := take(ctx, box, 1, 3, 9)
	if err != nil || !slices.Equal(missing, []uint32{9}) || whole[1] != "Subject: one\r\n\r\n1\r\n" || whole[3] != "Subject: three\r\n\r\n3\r\n" {
		t.Errorf("fetched %v, missing %v, %v", whole, missing, err)
	}
	if err := box.MarkSeen(ctx, []uint32{2}); err != nil {
		t.Errorf("mark seen: %v", err)
	}
	metas, err := box.Meta(ctx, []uint32{1, 2, 9})
	if err != nil || len(metas) != 2 {
		t.Fatalf("meta: %+v, %v", metas, err)
	}
	if m := metas[1]; m.UID != 2 || !m.Seen || m.Size != 19 || !m.InternalDate.Equal(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("meta of 2: %+v", m)
	}
	if metas[0].Seen {
		t.Error("fetching marked the mail as seen")
	}
	head, err := box.FetchHead(ctx, 3, 10)
	if err != nil || string(head) != "Subject: t" {
		t.Errorf("head %q, %v", head, err)
	}
	if _, err := box.FetchHead(ctx, 77, 10); !errors.Is(err, imapbox.ErrNoBody) {
		t.Errorf("head of a mail that is not there: %v", err)
	}
}

func TestManyMailsInChunks(t *testing.T) {
	t.Parallel()
	server := memory(t, memimap.Options{})
	uids := make([]uint32, 450) // more than two commands take
	for i := range uids {
		deliver(t, server, fmt.Sprintf("Subject: %d\r\n\r\n", i+1))
		uids[i] = uint32(i + 1)
	}
	box := dial(t, patient(server.Addr()))
	whole, missing, err := take(t.Context(), box, uids...)
	if err != nil || len(missing) != 0 || len(whole) != 450 || whole[450] != "Subject: 450\r\n\r\n" {
		t.Errorf("%d whole, missing %v, %v", len(whole), missing, err)
	}
	if metas, err := box.Meta(t.Context(), uids); err != nil || len(metas) != 450 {
		t.Errorf("%d metas, %v", len(metas), err)
	}
}

func TestWaitHearsDeliveries(t *testing.T) {
	t.Parallel()
	server := memory(t, memimap.Options{})
	box := dial(t, patient(server.Addr()))
	if changed, err := box.Wait(t.Context(), 30*time.Millisecond); changed || err != nil {
		t.Fatalf("quiet slice: %v, %v", changed, err)
	}
	for i := range 3 {
		go func() {
			time.Sleep(20 * time.Millisecond)
			if _, err := server.Deliver("desk", "INBOX", []byte("A: b\r\n\r\n"), time.Time{}); err != nil {
				t.Error(err)
			}
		}()
		begin := time.Now()
		changed, err := box.Wait(t.Context(), 5*time.Second)
		if !changed || err != nil || time.Since(begin) > 3*time.Second {
			t.Fatalf("wait %d: %v, %v after %v", i, changed, err, time.Since(begin))
		}
		if uids, err := box.NewUIDs(t.Context(), uint32(i)); err != nil || len(uids) != 1 {
			t.Fatalf("after push %d: %v, %v", i, uids, err)
		}
	}
	// Delivered between a search and the wait: not lost.
	deliver(t, server, "A: c\r\n\r\n")
	if changed, err := box.Wait(t.Context(), 5*time.Second); !changed || err != nil {
		t.Errorf("delivered before the wait: %v, %v", changed, err)
	}
}

func TestWaitWithoutIdle(t *testing.T) {
	t.Parallel()
	server := memory(t, memimap.Options{Without: []string{"IDLE"}})
	box := dial(t, patient(server.Addr()))
	if box.State().Idle {
		t.Fatal("IDLE is offered all the same")
	}
	if changed, err := box.Wait(t.Context(), 10*time.Millisecond); changed || err != nil {
		t.Errorf("quiet slice: %v, %v", changed, err)
	}
	deliver(t, server, "A: b\r\n\r\n")
	if changed, err := box.Wait(t.Context(), 10*time.Millisecond); !changed || err != nil {
		t.Errorf("after a delivery: %v, %v", changed, err)
	}
}

func TestWaitEndsWithContext(t *testing.T) {
	t.Parallel()
	for _, without := range [][]string{nil, {"IDLE"}} {
		server := memory(t, memimap.Options{Without: without})
		box := dial(t, patient(server.Addr()))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		begin := time.Now()
		_, err := box.Wait(ctx, time.Minute)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 2*time.Second {
			t.Errorf("without %v: %v after %v", without, err, time.Since(begin))
		}
	}
}

// TestRenumbered: a connection does not outlive the numbers it was opened with
// (F21).
func TestRenumbered(t *testing.T) {
	t.Parallel()
	server := memory(t, memimap.Options{})
	deliver(t, server, "A: 1\r\n\r\n", "A: 2\r\n\r\n")
	box := dial(t, patient(server.Addr()))
	before := box.State()
	if err := server.Renumber("desk", "INBOX"); err != nil {
		t.Fatal(err)
	}
	if _, err := box.NewUIDs(t.Context(), 0); !imapbox.KindOf(err).Broken() {
		t.Errorf("the old connection still works: %v", err)
	}
	after := dial(t, patient(server.Addr())).State()
	if after.UIDValidity == before.UIDValidity || after.Exists != 2 {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func TestSelectAgain(t *testing.T) {
	t.Parallel()
	server := memory(t, memimap.Options{})
	box := dial(t, patient(server.Addr()))
	deliver(t, server, "A: 1\r\n\r\n")
	if s, err := box.Select(t.Context()); err != nil || s.Exists != 1 || s.UIDNext != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestLargeMailStreams proves that a mail's size is not our memory: the
// server keeps 30 MB, and the client, which reads it, adds next to nothing.
func TestLargeMailStreams(t *testing.T) {
	server := memory(t, memimap.Options{})
	raw := append([]byte("Subject: large\r\n\r\n"), bytes.Repeat([]byte("0123456789abcdef"), 30<<20/16)...)
	if _, err := server.Deliver("desk", "INBOX", raw, time.Time{}); err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256(raw)
	box := dial(t, patient(server.Addr()))
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	// The server makes one copy of its own for each answer: held until it
	// has been read, and so counted before the reading begins.
	missing, err := box.Fetch(t.Context(), []uint32{1}, func(_ uint32, size int64, body io.Reader) error {
		if size != int64(len(raw)) {
			t.Errorf("size %d, want %d", size, len(raw))
		}
		hash := sha256.New()
		begin := heap()
		if _, err := io.CopyN(hash, body, size/2); err != nil {
			return err
		}
		if grown := int64(heap()) - int64(begin); grown > 2<<20 {
			t.Errorf("the heap grew by %d bytes while half the mail was read", grown)
		}
		if _, err := io.Copy(hash, body); err != nil {
			return err
		}
		if !bytes.Equal(hash.Sum(nil), want[:]) {
			t.Error("the mail came changed")
		}
		return nil
	})
	if err != nil || len(missing) != 0 {
		t.Errorf("missing %v, %v", missing, err)
	}
}

// TestEachMayStop proves that an error of each, or one that reads nothing of a
// body, leaves a connection that still works (the library would hang).
func TestEachMayStop(t *testing.T) {
	t.Parallel()
	server := memory(t, memimap.Options{})
	big := "A: 1\r\n\r\n" + strings.Repeat("x", 1<<20)
	deliver(t, server, big, big, big)
	box := dial(t, patient(server.Addr()))
	full := errors.New("the disk is full")
	var given []uint32
	missing, err := box.Fetch(t.Context(), []uint32{1, 2, 3}, func(uid uint32, _ int64, body io.Reader) error {
		given = append(given, uid)
		if uid == 2 {
			_, _ = body.Read(make([]byte, 10))
			return full
		}
		return nil // without reading
	})
	if !errors.Is(err, full) || !slices.Equal(given, []uint32{1, 2}) || !slices.Equal(missing, []uint32{2, 3}) {
		t.Errorf("given %v, missing %v, %v", given, missing, err)
	}
	whole, missing, err := take(t.Context(), box, 2, 3)
	if err != nil || len(missing) != 0 || whole[3] != big {
		t.Errorf("afterwards: %d whole, missing %v, %v", len(whole), missing, err)
	}
}

func TestFetchEndsWithContext(t *testing.T) {
	t.Parallel()
	server := memory(t, memimap.Options{})
	deliver(t, server, "A: 1\r\n\r\n"+strings.Repeat("x", 16<<20), "A: 2\r\n\r\n")
	box := dial(t, patient(server.Addr()))
	ctx, cancel := context.WithCancel(t.Context())
	missing, err := box.Fetch(ctx, []uint32{1, 2}, func(_ uint32, _ int64, body io.Reader) error {
		cancel()
		_, err := io.Copy(io.Discard, body)
		return err
	})
	if !errors.Is(err, context.Canceled) || len(missing) != 2 {
		t.Errorf("missing %v, %v", missing, err)
	}
	if _, err := box.NewUIDs(t.Context(), 0); err == nil {
		t.Error("the connection was not ended")
	}
}
