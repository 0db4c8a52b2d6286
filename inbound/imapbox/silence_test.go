package imapbox_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/inbound/imapbox"
	"deskpost/inbound/inboundtest"
)

// TestMuteServer is a server that stops answering, at each place where one
// waits for it.
func TestMuteServer(t *testing.T) {
	t.Parallel()
	open := inboundtest.OpenBox("IDLE")
	for name, tc := range map[string]struct {
		script inboundtest.Script
		call   func(context.Context, *imapbox.Box) error
	}{
		"greeting":     {inboundtest.Script{mute()}, nil},
		"capabilities": {inboundtest.Script{send("* OK ready\r\n"), mute()}, nil},
		"login":        {inboundtest.Script{inboundtest.Greeting(""), mute()}, nil},
		"select":       {inboundtest.Login("").Then(mute()), nil},
		"dripping":     {inboundtest.Script{inboundtest.Drip("* OK "+strings.Repeat("x", 500), 20*time.Millisecond)}, nil},
		"noop":         {open.Then(mute()), search},
		"search":       {open.Then(answer("NOOP", "$TAG OK\r\n"), mute()), search},
		"fetch":        {open.Then(expect("FETCH"), mute()), fetchOne},
		"literal":      {open.Then(answer("FETCH", "* 1 FETCH (UID 1 BODY[] {9}\r\nabc"), mute()), fetchOne},
		"dripping literal": {open.Then(answer("FETCH", "* 1 FETCH (UID 1 BODY[] {9999}\r\nabc"),
			inboundtest.Drip(strings.Repeat("x", 500), 20*time.Millisecond)), fetchOne},
		"idle begins": {open.Then(expect("IDLE"), mute()), wait},
		"idle ends":   {open.Then(answer("IDLE", "+ idling\r\n"), mute()), wait},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := inboundtest.Serve(t, tc.script)
			begin := time.Now()
			box, err := imapbox.Dial(t.Context(), config(server.Addr))
			if err == nil {
				err = tc.call(t.Context(), box)
				box.Close()
			}
			soon(t, begin)
			if imapbox.KindOf(err) != imapbox.KindSilent {
				t.Errorf("kind %d: %v", imapbox.KindOf(err), err)
			}
		})
		t.Run(name+", cancelled", func(t *testing.T) {
			t.Parallel()
			server := inboundtest.Serve(t, tc.script)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			begin := time.Now()
			cfg := patient(server.Addr)
			box, err := imapbox.Dial(ctx, cfg)
			if err == nil {
				err = tc.call(ctx, box)
				box.Close()
			}
			soon(t, begin)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func search(ctx context.Context, box *imapbox.Box) error {
	_, err := box.NewUIDs(ctx, 0)
	return err
}

func fetchOne(ctx context.Context, box *imapbox.Box) error {
	_, _, err := take(ctx, box, 1)
	return err
}

func wait(ctx context.Context, box *imapbox.Box) error {
	_, err := box.Wait(ctx, 50*time.Millisecond)
	if err == nil {
		<-ctx.Done() // the slice may end before the context does
		_, err = box.Wait(ctx, 50*time.Millisecond)
	}
	return err
}

func TestQuietTimesAreNoFault(t *testing.T) {
	t.Parallel()
	// Between commands, and within an IDLE, a silent server is right.
	server := inboundtest.Serve(t, inboundtest.OpenBox("IDLE").Then(
		answer("IDLE", "+ idling\r\n"), answer("DONE", "$TAG OK\r\n"),
		answer("NOOP", "$TAG OK\r\n"), answer("SEARCH", "* SEARCH 3\r\n$TAG OK\r\n"), leave()))
	cfg := config(server.Addr)
	box := dial(t, cfg)
	if changed, err := box.Wait(t.Context(), 500*time.Millisecond); changed || err != nil {
		t.Fatalf("wait: %v, %v", changed, err)
	}
	time.Sleep(500 * time.Millisecond)
	if uids, err := box.NewUIDs(t.Context(), 2); err != nil || !slices.Equal(uids, []uint32{3}) {
		t.Errorf("search: %v, %v", uids, err)
	}
}

// TestCloseIsBounded is a server that does not answer LOGOUT, and one that has
// half an answer outstanding.
func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	server := inboundtest.Serve(t,
		inboundtest.OpenBox("").Then(mute()),
		inboundtest.OpenBox("").Then(answer("FETCH", "* 1 FETCH (UID 1 BODY[] {99999}\r\nabc"), mute()))
	box := dial(t, config(server.Addr))
	begin := time.Now()
	box.Close()
	box.Close()
	soon(t, begin)

	box = dial(t, config(server.Addr))
	begin = time.Now()
	stop := errors.New("enough")
	if _, err := box.Fetch(t.Context(), []uint32{1}, func(uint32, int64, io.Reader) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("fetch: %v", err)
	}
	box.Close()
	soon(t, begin)
}

// TestDrainIsBounded is an error of each with far more still to come than
// anybody would wait for.
func TestDrainIsBounded(t *testing.T) {
	t.Parallel()
	server := inboundtest.Serve(t, inboundtest.OpenBox("").Then(
		answer("FETCH", "* 1 FETCH (UID 1 BODY[] {549755813888}\r\n"), inboundtest.Flood('x', 1<<36)))
	cfg := config(server.Addr)
	cfg.MaxBytes = 1 << 40
	box := dial(t, cfg)
	begin := time.Now()
	stop := errors.New("enough")
	missing, err := box.Fetch(t.Context(), []uint32{1}, func(uint32, int64, io.Reader) error { return stop })
	soon(t, begin)
	if !errors.Is(err, stop) || len(missing) != 1 {
		t.Errorf("missing %v, %v", missing, err)
	}
	if err := search(t.Context(), box); imapbox.KindOf(err) != imapbox.KindSilent {
		t.Errorf("afterwards: %v", err)
	}
}
