package memimap_test

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"deskpost/inbound/memimap"
)

func listen(t *testing.T, opts memimap.Options) *memimap.Server {
	t.Helper()
	server, err := memimap.Listen("127.0.0.1:0", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := server.AddUser("ana", "pw"); err != nil {
		t.Fatal(err)
	}
	return server
}

func login(t *testing.T, server *memimap.Server, password string, options *imapclient.Options) (*imapclient.Client, error) {
	t.Helper()
	client, err := imapclient.DialInsecure(server.Addr(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client, client.Login("ana", password).Wait()
}

func TestDeliverAndMessages(t *testing.T) {
	t.Parallel()
	server := listen(t, memimap.Options{})
	at := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	raw := []byte("Subject: x\r\n\r\n\x00\xff not text\r\n")
	for want := uint32(1); want <= 3; want++ {
		if uid, err := server.Deliver("ana", "Work/New", raw, at); err != nil || uid != want {
			t.Fatalf("deliver: %d, %v", uid, err)
		}
	}
	for range 2 { // looking changes nothing
		mails, err := server.Messages("ana", "Work/New")
		if err != nil || len(mails) != 3 {
			t.Fatalf("%d mails, %v", len(mails), err)
		}
		if m := mails[2]; m.UID != 3 || !bytes.Equal(m.Raw, raw) || !m.InternalDate.Equal(at) || len(m.Flags) != 0 {
			t.Errorf("stored %+v", m)
		}
	}
	if mails, err := server.Messages("ana", "INBOX"); err != nil || len(mails) != 0 {
		t.Errorf("INBOX: %v, %v", mails, err)
	}
	if _, err := server.Messages("ana", "Nowhere"); err == nil {
		t.Error("a folder that is not there was read")
	}
	if _, err := server.Messages("bob", "INBOX"); !errors.Is(err, memimap.ErrNoUser) {
		t.Errorf("read of another user: %v", err)
	}
	if _, err := server.Deliver("bob", "INBOX", raw, at); !errors.Is(err, memimap.ErrNoUser) {
		t.Errorf("delivery to nobody: %v", err)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	server := listen(t, memimap.Options{})
	if _, err := login(t, server, "wrong", nil); err == nil {
		t.Error("a wrong password was taken")
	}
	if err := server.AddUser("ana", "changed"); err != nil {
		t.Fatal(err)
	}
	if _, err := login(t, server, "pw", nil); err == nil {
		t.Error("the old password was taken")
	}
	if _, err := login(t, server, "changed", nil); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

func TestCapabilitiesLeftOut(t *testing.T) {
	t.Parallel()
	all := []imap.Cap{imap.CapIdle, imap.CapMove, imap.CapUIDPlus}
	for _, out := range append([]imap.Cap{""}, all...) {
		server := listen(t, memimap.Options{Without: []string{string(out)}})
		client, err := login(t, server, "pw", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if got := client.Caps().Has(c); got == (c == out) {
				t.Errorf("without %q: %s is %v", out, c, got)
			}
		}
	}
}

// TestIdleSeesWhatCameBefore is the gap in the library's own server: a mail
// between the last command and IDLE.
func TestIdleSeesWhatCameBefore(t *testing.T) {
	t.Parallel()
	server := listen(t, memimap.Options{})
	pushed := make(chan uint32, 10)
	client, err := login(t, server, "pw", &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				pushed <- *d.NumMessages
			}
		}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	for n := uint32(1); n <= 2; n++ { // before, and during
		if n == 1 {
			if _, err := server.Deliver("ana", "INBOX", []byte("a: b\r\n\r\n"), time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		idle, err := client.Idle()
		if err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			if _, err := server.Deliver("ana", "INBOX", []byte("a: b\r\n\r\n"), time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case got := <-pushed:
			if got != n {
				t.Errorf("pushed %d, want %d", got, n)
			}
		case <-time.After(3 * time.Second):
			t.Errorf("nothing was pushed in IDLE %d", n)
		}
		if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRenumber(t *testing.T) {
	t.Parallel()
	server := listen(t, memimap.Options{})
	for _, raw := range []string{"a: 1\r\n\r\n", "a: 2\r\n\r\n", "a: 3\r\n\r\n"} {
		if _, err := server.Deliver("ana", "INBOX", []byte(raw), time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	client, err := login(t, server, "pw", nil)
	if err != nil {
		t.Fatal(err)
	}
	before, err := client.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	flags := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := client.Store(imap.UIDSetNum(1), flags, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := client.UIDExpunge(imap.UIDSetNum(1)).Close(); err != nil {
		t.Fatal(err)
	}
	flags.Flags = []imap.Flag{imap.FlagSeen}
	if err := client.Store(imap.UIDSetNum(2), flags, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := server.Renumber("ana", "INBOX"); err != nil {
		t.Fatal(err)
	}
	if err := client.Noop().Wait(); err == nil {
		t.Error("the client was not cut off")
	}
	mails, err := server.Messages("ana", "INBOX")
	if err != nil || len(mails) != 2 || mails[0].UID != 1 || string(mails[0].Raw) != "a: 2\r\n\r\n" ||
		len(mails[0].Flags) != 1 || !strings.EqualFold(mails[0].Flags[0], `\Seen`) {
		t.Errorf("after: %+v, %v", mails, err)
	}
	client, err = login(t, server, "pw", nil)
	if err != nil {
		t.Fatal(err)
	}
	if after, err := client.Select("INBOX", nil).Wait(); err != nil || after.UIDValidity == before.UIDValidity {
		t.Errorf("UIDVALIDITY %d, then %+v, %v", before.UIDValidity, after, err)
	}
}

func TestManyDeliverAtOnce(t *testing.T) {
	t.Parallel()
	server := listen(t, memimap.Options{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 25 {
				if _, err := server.Deliver("ana", "INBOX", []byte("a: b\r\n\r\n"), time.Time{}); err != nil {
					t.Error(err)
				}
			}
			if _, err := server.Messages("ana", "INBOX"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	mails, err := server.Messages("ana", "INBOX")
	if err != nil || len(mails) != 200 || mails[199].UID != 200 {
		t.Errorf("%d mails, %v", len(mails), err)
	}
}

func TestListenFaults(t *testing.T) {
	t.Parallel()
	server := listen(t, memimap.Options{})
	if _, err := memimap.Listen(server.Addr(), memimap.Options{}); err == nil {
		t.Error("two servers on one port")
	}
	if _, err := memimap.Listen("127.0.0.1:0", memimap.Options{StartTLS: true}); err == nil {
		t.Error("STARTTLS without a certificate")
	}
	gone, err := memimap.Listen("127.0.0.1:0", memimap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if conn, err := net.Dial("tcp", gone.Addr()); err == nil {
		conn.Close()
		t.Error("a closed server still listens")
	}
}
