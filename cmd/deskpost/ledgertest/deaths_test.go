package ledgertest

import (
	"database/sql"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/store/enginetest"
	"deskpost/ticket/failpoint"
)

// The long run is asked for, for example, by
//
//	go test ./cmd/deskpost/ledgertest -run Deaths -timeout 1h -deaths.kills 3000 -deaths.mails 1000
var (
	deathsMails  = flag.Int("deaths.mails", 30, "how many mails people write at least")
	deathsKills  = flag.Int("deaths.kills", 40, "how often the program dies at least")
	deathsSeed   = flag.Uint64("deaths.seed", 0, "of mails and deaths; 0 for a new one")
	deathsEngine = flag.String("deaths.engine", "", "sqlite or postgres; otherwise what the environment of the tests says")
)

// TestDeathsWithEcho has the program die again and again, at every step between
// a mail and the note that its answer went out, while people write. With the
// echo nothing is lost and nothing is done twice, in or out (F01, F02, F03, F04,
// F05, F07).
func TestDeathsWithEcho(t *testing.T) {
	t.Parallel()
	d := newDeaths(t, withEcho())
	d.run()
	for key, times := range d.account().twice {
		t.Errorf("mail %s went out %d times more than once", key, times)
	}
}

// TestDeathsWithoutEcho is the same without the echo: what goes out twice are
// exactly the mails that the relay had taken when the program died before it
// had that in its books (F07).
func TestDeathsWithoutEcho(t *testing.T) {
	t.Parallel()
	d := newDeaths(t)
	d.run()
	books := d.account()
	for key, deaths := range d.gap {
		// A report that it bounced tells as well that it went out.
		if times := books.twice[key]; times != deaths && !(books.bounced[key] && times < deaths) {
			t.Errorf("mail %s went out %d times more than once, and %d times the program died in the gap:\n%s", key, times, deaths, d.history(key))
		}
	}
	for key, times := range books.twice {
		if d.gap[key] == 0 {
			t.Errorf("mail %s went out %d times more than once, and the program never died in the gap", key, times)
		}
	}
}

// deaths is a run of the program through many lives.
type deaths struct {
	*world
	seed  uint64
	rnd   *rand.Rand
	began int            // conversations
	died  int            // how often
	at    map[string]int // by step; "" for a kill from outside
	gap   map[string]int // deaths between the relay's acceptance and our note of it, by Message-ID and recipient
	lives []string       // what the program said in each
	spare bool           // a mail is near to being set aside: let it be taken
	took  time.Duration
}

func newDeaths(t *testing.T, options ...worldOption) *deaths {
	t.Helper()
	seed := *deathsSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	database := map[string]func(testing.TB) string{"": enginetest.URL, "sqlite": enginetest.SQLite, "postgres": enginetest.Postgres}[*deathsEngine]
	if database == nil {
		t.Fatalf("-deaths.engine=%s: want sqlite or postgres", *deathsEngine)
	}
	return &deaths{world: newWorld(t, database(t), append(options, withPeople(talk(seed)))...),
		seed: seed, rnd: rand.New(rand.NewPCG(seed, 0)), at: map[string]int{}, gap: map[string]int{}}
}

// run lets the program die as often as is asked for, and at last live until
// nothing is left to be done.
func (d *deaths) run() {
	d.t.Helper()
	began := time.Now()
	for d.died < *deathsKills || d.mails() < *deathsMails {
		for d.mails() < min(*deathsMails, *deathsMails*(d.died+1) / *deathsKills + 2) {
			d.began++
			conversationOf(d.seed, d.began).begin(d.world)
		}
		d.die()
	}
	d.took = time.Since(began)
	d.finish()
	d.t.Logf("%d deaths in %s, %s each, over %d mails in %d conversations, %d of them in the gap; by step:\n%s", d.died,
		d.took.Round(time.Second), (d.took / time.Duration(d.died)).Round(time.Millisecond), d.mails(), d.began, sum(d.gap), d.table())
}

// die is one life. The program is killed at a step of its own, or from outside
// when it has worked for a while.
func (d *deaths) die() {
	d.t.Helper()
	accepted := len(d.acceptances())
	c := d.start(d.plan(), d.rnd.Uint64())
	if d.spare {
		d.awaitTaken(c)
	}
	step := c.outlive(d.limit())
	d.settle()
	d.died++
	d.at[step]++
	d.lives = append(d.lives, c.log.String())
	d.spare = c.log.inHand() > 0
	if all := d.acceptances(); len(all) > accepted {
		for _, a := range d.unnoted(all[accepted:]) {
			d.gap[a.id+" "+a.to]++
		}
	}
}

// plan is where this life is to end: at one step that is chosen, or by chance at
// any. A mail that was in hand in one death after the other is set aside, as it
// should be; but this test is about mail that is innocent, so before it comes to
// that there is a life without a plan.
func (d *deaths) plan() string {
	if d.spare {
		return ""
	}
	if d.rnd.IntN(2) == 0 {
		return fmt.Sprintf("*=kill%%%.3f", 0.01+0.11*d.rnd.Float64())
	}
	steps := slices.DeleteFunc(slices.Sorted(maps.Keys(failpoint.Steps)), func(step string) bool {
		// Those of the schema are passed once in the life of a database, and this desk has no bucket and no webhook.
		// The daemon takes no backup.
		area, _, _ := strings.Cut(step, ".")
		return step == "store.versions" || step == "store.migration" || strings.HasPrefix(step, "store.blob-") ||
			slices.Contains([]string{"copy", "backup", "restore", "webhook"}, area)
	})
	return fmt.Sprintf("%s=kill@%d;*=kill%%0.02", steps[d.rnd.IntN(len(steps))], 1+d.rnd.IntN(3))
}

// awaitTaken waits until no mail is left that deaths are booked for.
func (d *deaths) awaitTaken(c *child) {
	d.t.Helper()
	c.works()
	d.peek(func(db *sql.DB) {
		for deadline := time.Now().Add(time.Minute); d.count(db, "SELECT COUNT(*) FROM failures") > 0; time.Sleep(2 * time.Millisecond) {
			if time.Now().After(deadline) {
				d.t.Fatalf("mails that were in hand are not taken:\n%s", c.log)
			}
		}
	})
}

// limit is when the program is killed from outside, counted from when it works.
func (d *deaths) limit() time.Duration {
	return time.Duration(20+d.rnd.IntN(200)) * time.Millisecond
}

// finish lets the program live until it has nothing left to do, and ends it.
func (d *deaths) finish() {
	d.t.Helper()
	c := d.start("", 0)
	c.works()
	for quiet, deadline := 0, time.Now().Add(2*time.Minute); quiet < 2; time.Sleep(50 * time.Millisecond) {
		// Twice in a row: what is asked for by one query may be moved on by the next.
		quiet++
		if left := d.left(); left != "" {
			quiet = 0
			if time.Now().After(deadline) {
				d.t.Fatalf("the program does not come to an end; left are: %s\n%s", left, c.log)
			}
		}
	}
	c.stop()
	d.settle()
}

// left says what is still to be done; "" if nothing is.
func (d *deaths) left() (left string) {
	d.peek(func(db *sql.DB) {
		for _, q := range []struct{ what, query string }{
			// Notices first: an answer is delivered before its notice is settled.
			{"notices", "SELECT COUNT(*) FROM notices WHERE settled_at IS NULL"},
			{"mails on the server", "SELECT -COUNT(*) FROM receipts"},
			{"mails of which the server is to be told", "SELECT COUNT(*) FROM receipts WHERE after_done_at IS NULL"},
			{"mails to be tried again", "SELECT COUNT(*) FROM failures"},
		} {
			n := d.count(db, q.query)
			if n < 0 {
				n += d.deliveries()
			}
			if n != 0 {
				left += fmt.Sprintf("%d %s; ", n, q.what)
			}
		}
	})
	return left
}

func (d *deaths) deliveries() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.delivered)
}

// history is what the books and the program say of a mail that went out, for
// whoever looks for what went wrong.
func (d *deaths) history(key string) string {
	id, to, _ := strings.Cut(key, " ")
	var b strings.Builder
	number := ""
	d.peek(func(db *sql.DB) {
		for _, r := range d.list(db, 8, `SELECT n.id, n.attempts, n.again_at, n.settled_at, r.sent_at, r.failed_at, r.answer, n.leased_until
			FROM notices AS n JOIN notice_recipients AS r ON r.notice = n.id WHERE n.message_id = $1`, id) {
			number = r[0]
			fmt.Fprintf(&b, "notice, attempts, again, settled, sent, failed, answer, leased until: %q\n", r)
		}
	})
	for _, a := range d.acceptances() {
		if a.id == id && a.to == to {
			fmt.Fprintf(&b, "the relay took it in life %d\n", a.life)
		}
	}
	for life, log := range d.lives {
		for line := range strings.Lines(log) {
			if strings.Contains(line, `"notice":`+number+",") {
				fmt.Fprintf(&b, "life %d: %s", life+1, line)
			}
		}
	}
	return b.String()
}

func sum(counts map[string]int) (all int) {
	for _, n := range counts {
		all += n
	}
	return all
}

// table is how often the program died at each step.
func (d *deaths) table() string {
	var b strings.Builder
	for _, step := range slices.Sorted(maps.Keys(d.at)) {
		name := step
		if step == "" {
			name = "killed from outside"
		}
		fmt.Fprintf(&b, "%6d  %s\n", d.at[step], name)
	}
	return b.String()
}
