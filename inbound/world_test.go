package inbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskpost/inbound/imapbox"
	"deskpost/inbound/memimap"
	"deskpost/store"
	"deskpost/store/storetest"
	"deskpost/ticket"
)

// A world is a desk over a real database, a mailbox on a real server, and a
// clock that runs on from whatever it is moved to.
type world struct {
	t      testing.TB
	db     *store.DB
	desk   *ticket.Desk
	server *memimap.Server
	box    imapbox.Config
	log    *logBook
	ahead  atomic.Int64
}

func newWorld(t testing.TB, opts memimap.Options) *world {
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
	w := worldAt(t, server.Addr())
	w.server = server
	return w
}

// worldAt is a world whose mailbox is on a server of the test's own.
func worldAt(t testing.TB, addr string) *world {
	t.Helper()
	w := &world{t: t, db: storetest.Open(t), log: &logBook{}}
	w.box = imapbox.Config{Addr: addr, Security: imapbox.Insecure, User: "desk", CommandTimeout: 20 * time.Second,
		Password: func() (string, error) { return "secret", nil }}
	w.desk = &ticket.Desk{Store: w.db, Now: w.now, Keys: ticket.Keys{{ID: 1, Secret: bytes.Repeat([]byte{7}, 32)}}}
	support := ticket.Department{Key: "support", Name: "Support", Address: ticket.Address{Email: "support@bank.example"}, AfterReply: ticket.State{Status: ticket.Open}}
	w.desk.SetPolicy(&ticket.Policy{
		Zone: time.UTC, Departments: map[string]ticket.Department{"support": support},
		Mailboxes:  map[string]ticket.Mailbox{"support": {Key: "support", Address: support.Address, Department: "support"}},
		Priorities: []string{"Normal"}, DefaultPriority: "Normal", Acknowledge: ticket.AckNever, Separator: "+",
		ReopenWindow: time.Hour, OldMail: 24 * time.Hour,
	})
	return w
}

func (w *world) now() time.Time           { return time.Now().Add(time.Duration(w.ahead.Load())) }
func (w *world) advance(by time.Duration) { w.ahead.Add(int64(by)) }

// poller is the poller as it is after a start of the daemon.
func (w *world) poller() *Poller {
	return &Poller{
		Mailbox: Mailbox{Source: "support", IMAP: w.box, Backlog: Backlog{All: true}},
		Desk:    w.desk, Blobs: dbBlobs{w.db}, AuthservID: "mx.bank.example", Now: w.now, Log: slog.New(slog.NewTextHandler(w.log, nil)),
		pace: pace{first: 2 * time.Millisecond, longest: 20 * time.Millisecond, steady: time.Minute, login: 20 * time.Millisecond,
			retry: time.Millisecond},
	}
}

// dbBlobs makes the store's blob writer the poller's.
type dbBlobs struct{ *store.DB }

func (b dbBlobs) NewBlob(ctx context.Context) BlobWriter { return b.DB.NewBlob(ctx) }

func (b dbBlobs) OpenBlob(ctx context.Context, sum ticket.Sum) (io.ReadCloser, error) {
	return b.DB.OpenBlob(ctx, sum)
}

// logBook collects what is logged.
type logBook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBook) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}

// letter is a mail with a Message-ID of its name.
func letter(name, text string) []byte {
	return fmt.Appendf(nil, "Message-ID: <%s@example.com>\r\nFrom: Ann <ann@example.com>\r\nTo: support@bank.example\r\nSubject: %s\r\n\r\n%s\r\n",
		name, name, text)
}

// deliver puts a mail into the mailbox.
func (w *world) deliver(raw []byte) uint32 { return w.deliverAt(raw, time.Now()) }

func (w *world) deliverAt(raw []byte, at time.Time) uint32 {
	w.t.Helper()
	uid, err := w.server.Deliver("desk", "INBOX", raw, at)
	if err != nil {
		w.t.Fatal(err)
	}
	return uid
}

// sweep is one start of the daemon that ends when all mail is taken.
func (w *world) sweep(change ...func(*Poller)) {
	w.t.Helper()
	if err := w.trySweep(change...); err != nil {
		w.t.Fatalf("sweep: %v\n%s", err, w.log.text.String())
	}
}

func (w *world) trySweep(change ...func(*Poller)) error {
	p := w.poller()
	for _, f := range change {
		f(p)
	}
	return p.Sweep(w.t.Context())
}

// run starts the daemon; stop ends it and waits.
func (w *world) run(p *Poller) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				w.t.Errorf("run: %v", err)
			}
		case <-time.After(5 * time.Second):
			w.t.Error("run did not end with its context")
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// eventually waits until a condition holds.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("never: %s\n%s", what, w.log.text.String())
		}
	}
}

// receipts are all mails taken, in the order they were.
func (w *world) receipts() []ticket.Taken {
	w.t.Helper()
	var list []ticket.Taken
	err := w.db.View(context.Background(), func(tx ticket.Tx) error {
		for id := int64(1); ; id++ {
			taken, err := tx.Taken(id)
			if errors.Is(err, ticket.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			list = append(list, taken)
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// want demands which mails were taken, in what order, and what became of each:
// "3 opened".
func (w *world) want(want ...string) {
	w.t.Helper()
	var got []string
	for _, r := range w.receipts() {
		got = append(got, fmt.Sprintf("%d %s", r.UID, r.Outcome))
	}
	if !slices.Equal(got, want) {
		w.t.Fatalf("taken: %q, want %q\n%s", got, want, w.log.text.String())
	}
}

// failures are the tries booked, by UID.
func (w *world) failures(epoch uint32) (list []ticket.Failure) {
	w.t.Helper()
	err := w.db.View(context.Background(), func(tx ticket.Tx) (err error) {
		list, err = tx.Failures("support", epoch)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// entry is the first entry of the ticket of a mail.
func (w *world) entry(r ticket.Taken) (e ticket.Entry) {
	w.t.Helper()
	err := w.db.View(context.Background(), func(tx ticket.Tx) (err error) {
		e, err = tx.Entry(r.Entry)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// raw reads the raw mail of a receipt back.
func (w *world) raw(sum ticket.Sum) []byte {
	w.t.Helper()
	body, err := w.db.OpenBlob(context.Background(), sum)
	if err != nil {
		w.t.Fatal(err)
	}
	defer body.Close()
	raw, err := io.ReadAll(body)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

// onServer lists the UIDs of a folder, each with its flags in lower case.
func (w *world) onServer(folder string) []string {
	w.t.Helper()
	mails, err := w.server.Messages("desk", folder)
	if err != nil {
		w.t.Fatal(err)
	}
	list := []string{}
	for _, m := range mails {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%d %s", m.UID, strings.ToLower(strings.Join(m.Flags, " ")))))
	}
	return list
}

func (w *world) wantOnServer(folder string, want ...string) {
	w.t.Helper()
	if got := w.onServer(folder); !slices.Equal(got, want) {
		w.t.Fatalf("%s holds %q, want %q\n%s", folder, got, want, w.log.text.String())
	}
}

// client changes the mailbox as a person with a mail program would.
func (w *world) client() *imapbox.Box {
	w.t.Helper()
	box, err := imapbox.Dial(w.t.Context(), w.box)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(box.Close)
	return box
}

// A faultyStore is a store with faults.
type faultyStore struct {
	ticket.Store
	update  func() error                  // before each transaction; may be nil
	receive func(r *ticket.Receipt) error // before each receipt; may be nil
	updates atomic.Int64
}

func (s *faultyStore) Update(ctx context.Context, f func(ticket.Tx) error) error {
	s.updates.Add(1)
	if s.update != nil {
		if err := s.update(); err != nil {
			return err
		}
	}
	return s.Store.Update(ctx, func(tx ticket.Tx) error { return f(faultyTx{tx, s}) })
}

type faultyTx struct {
	ticket.Tx
	store *faultyStore
}

func (tx faultyTx) Receive(r *ticket.Receipt) (ticket.Sight, int64, error) {
	if tx.store.receive != nil {
		if err := tx.store.receive(r); err != nil {
			return 0, 0, err
		}
	}
	return tx.Tx.Receive(r)
}
