package ledgertest

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpost/inbound/memimap"
	"deskpost/inbound/mime"
	"deskpost/mailer/mailertest"
)

// Addresses of the world. The desk has two mailboxes: mail in the first stays
// where it is and is flagged, mail in the second is moved away.
const (
	supportBox = "support@desk.example"
	helpBox    = "help@desk.example"
	doneFolder = "Done"
	password   = "secret"
	authserv   = "mx.desk.example"
	johnEmail  = "john@agents.example"
)

// A world is what outlives the program: the mailboxes, the relay, and the people
// who write to the desk and answer what it writes. They answer each mail once,
// at the moment the relay takes it.
type world struct {
	t        *testing.T
	dir      string
	database string
	config   string  // path
	server   *sql.DB // PostgreSQL; see auditor
	imap     *memimap.Server
	relay    *mailertest.Sink
	since    time.Time     // when its clock began to run fast
	ahead    time.Duration // how much it was set on since
	life     int           // of the program; set by whoever starts it

	mu        sync.Mutex
	delivered []delivery
	accepted  []acceptance
	answered  map[string]bool // Message-IDs that somebody has dealt with
	holds     bool            // the relay keeps copies for the desk back
	held      [][]byte
	people    people
}

// people is what the inhabitants do with a mail that the relay took, the first
// time it takes it.
type people func(w *world, from string, to []string, m *mime.Message)

// A delivery is a mail put into one of the desk's mailboxes.
type delivery struct {
	mailbox string
	uid     uint32
	id      string // Message-ID
	echo    bool   // the copy of a mail of the desk
}

// An acceptance is a mail that the relay took for one recipient.
type acceptance struct {
	life int
	id   string
	to   string
	raw  []byte
}

// speed is how much faster than ours the clock of the world runs: the minutes
// for which a program waits after a death would else be the test's.
const speed = 300

// A worldOption changes the config of a world.
type worldOption func(*worldConfig)

type worldConfig struct {
	echo    string
	without []string // capabilities of the IMAP server
	people  people
}

func withEcho() worldOption { return func(c *worldConfig) { c.echo = supportBox } }

func withPeople(p people) worldOption { return func(c *worldConfig) { c.people = p } }

// newWorld makes a world around the empty database at a URL.
func newWorld(t *testing.T, database string, options ...worldOption) *world {
	t.Helper()
	c := worldConfig{without: []string{"MOVE"}, people: func(*world, string, []string, *mime.Message) {}}
	for _, o := range options {
		o(&c)
	}
	server, err := memimap.Listen("127.0.0.1:0", memimap.Options{Without: c.without})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	for _, user := range []string{supportBox, helpBox} {
		if err := server.AddUser(user, password); err != nil {
			t.Fatal(err)
		}
	}
	w := &world{t: t, dir: t.TempDir(), database: named(t, database), imap: server, relay: mailertest.Start(t, mailertest.Temper{}),
		since: time.Now().Truncate(time.Second), answered: map[string]bool{}, people: c.people}
	w.relay.OnDelivered(w.take)
	w.advance(0)
	w.config = filepath.Join(w.dir, "deskpost.toml")
	if err := os.WriteFile(w.config, []byte(w.configText(c.echo)), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

// named gives the sessions on a PostgreSQL server a name by which they are found
// there, and lets functions of the test stand before the server's own: see
// advance.
func named(t *testing.T, database string) string {
	t.Helper()
	if !strings.HasPrefix(database, "postgres:") {
		return database
	}
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("application_name", "deskpost-"+q.Get("search_path")) // no space: the driver would take its "+" as it is
	q.Set("search_path", q.Get("search_path")+",pg_catalog")
	u.RawQuery = q.Encode()
	return u.String()
}

// configText is the config. In the days that pass in a long run, mail must not
// become too old for anything.
func (w *world) configText(echo string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "zone = \"UTC\"\ndatabase = %q\n", w.database)
	for _, box := range []struct{ key, address, after string }{{"support", supportBox, "seen"}, {"help", helpBox, "move:" + doneFolder}} {
		fmt.Fprintf(&b, "\n[mailbox.%s]\naddress = %q\ndepartment = \"support\"\nurl = \"imap+insecure://%s@%s/INBOX\"\n"+
			"password = %q\nbacklog = \"all\"\nafter = %q\npoll = \"1s\"\n", box.key, box.address, url.QueryEscape(box.address), w.imap.Addr(), password, box.after)
	}
	fmt.Fprintf(&b, `
[relay.main]
url = "smtp+insecure://%s"

[mail]
authserv_id = %q
echo = %q
cap_address_hour = 100000
cap_address_day = 100000
cap_ticket_day = 100000
cap_system_hour = 100000
cap_sender_hour = 100000
cap_agent_burst = 100000
old_mail = "365d"
give_up = "30d"

[desk]
reopen_window = "365d"

[department.support]
name = "Support"
address = %q

[agent.john]
name = "John Smith"
emails = [%q]
access = { support = "agent" }
`, w.relay.Addr(), authserv, echo, supportBox, johnEmail)
	return b.String()
}

// clock is the clock of the world in the words of the environment.
func (w *world) clock() string {
	return fmt.Sprintf("x%d@%d %+ds", speed, w.since.Unix(), int64(w.ahead.Seconds()))
}

func (w *world) now() time.Time { return w.since.Add(speed*time.Since(w.since) + w.ahead) }

// advance sets the clock of the world on, for lives that begin after it. A
// PostgreSQL server is part of the world: the program refuses to run where the
// clocks differ.
func (w *world) advance(by time.Duration) {
	w.t.Helper()
	w.ahead += by
	if !strings.HasPrefix(w.database, "postgres:") {
		return
	}
	w.change(fmt.Sprintf(`CREATE OR REPLACE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
		'SELECT to_timestamp(%d + %d * (EXTRACT(EPOCH FROM pg_catalog.clock_timestamp()) - %d) + %d)'`,
		w.since.Unix(), speed, w.since.Unix(), int64(w.ahead.Seconds())))
}

// deliver puts a mail into a mailbox of the desk.
func (w *world) deliver(mailbox string, raw []byte) uint32 {
	uid, err := w.imap.Deliver(mailbox, "INBOX", raw, w.now())
	if err != nil {
		w.t.Errorf("deliver to %s: %v", mailbox, err)
	}
	m := mime.Read(bytes.NewReader(raw), mime.DefaultLimits())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delivered = append(w.delivered, delivery{mailbox: mailbox, uid: uid, id: m.MessageID, echo: m.Header.Raw("X-Deskpost-Notice") != ""})
	return uid
}

// mails is how many mails were delivered but for echoes.
func (w *world) mails() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, d := range w.delivered {
		if !d.echo {
			n++
		}
	}
	return n
}

// take is the relay's: it writes down whom it took the mail for, puts a copy for
// the desk into its mailbox, and has people answer, all before the desk hears
// that it took it.
func (w *world) take(mail mailertest.Mail) {
	m := mime.Read(bytes.NewReader(mail.Raw), mime.DefaultLimits())
	w.mu.Lock()
	for _, to := range mail.To {
		if to != supportBox {
			w.accepted = append(w.accepted, acceptance{life: w.life, id: m.MessageID, to: to, raw: mail.Raw})
		}
	}
	first := !w.answered[m.MessageID]
	w.answered[m.MessageID] = true
	echo := slices.Contains(mail.To, supportBox)
	if echo && w.holds {
		w.held, echo = append(w.held, mail.Raw), false
	}
	w.mu.Unlock()
	if echo {
		w.deliver(supportBox, mail.Raw)
	}
	if first {
		w.people(w, mail.From, mail.To, m)
	}
}

// holdEchoes has the relay keep copies for the desk back, releaseEchoes hands
// them over.
func (w *world) holdEchoes() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holds = true
}

func (w *world) releaseEchoes() {
	w.mu.Lock()
	held := w.held
	w.holds, w.held = false, nil
	w.mu.Unlock()
	for _, raw := range held {
		w.deliver(supportBox, raw)
	}
}

// acceptances lists what the relay took.
func (w *world) acceptances() []acceptance {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.accepted)
}

// settle waits until the servers have dealt with what a dead program left on its
// connections: the relay may have taken a mail whose sender was dead already, and
// the database frees the lock of the desk when it notices. Who starts before
// that asks for the lock once a second.
func (w *world) settle() {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); w.relay.Open() > 0; time.Sleep(200 * time.Microsecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("connections to the relay outlive their client")
		}
	}
	if strings.HasPrefix(w.database, "postgres:") {
		w.awaitSessions(w.auditor())
	}
}
