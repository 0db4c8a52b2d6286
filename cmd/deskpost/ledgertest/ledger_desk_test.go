package ledgertest_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/mattn/go-sqlite3"    // the driver "sqlite3"

	"deskpost/store/enginetest"
)

// Where the desk's mail arrives; echoBox also gets its copies.
const (
	supportBox = "support@bank.example"
	echoBox    = "banking@bank.example"
)

var deskBoxes = []string{supportBox, echoBox}

// A desk is the daemons on one database, and what can be done to them.
type desk struct {
	nodes   []*node
	program string
	host    *mailHost
	report  *report
	dir     string
	url     string // of the database, as the test reaches it
	db      *sql.DB
	stepped bool   // a clock has been ahead by a day or more
	disk    string // the small file system; "" if none could be mounted
}

// openDesk builds deskpost, makes a database, and writes a config for each
// daemon.
func openDesk(t *testing.T, host *mailHost, r *report) *desk {
	t.Helper()
	d := &desk{host: host, report: r, dir: t.TempDir()}
	d.program = filepath.Join(d.dir, "deskpost")
	if out, err := exec.Command("go", "build", "-tags", "failpoint", "-o", d.program, "..").CombinedOutput(); err != nil {
		t.Fatalf("build deskpost: %v\n%s", err, out)
	}
	switch *flagEngine {
	case "sqlite":
		if *flagNodes != 1 {
			t.Fatal("one daemon can run on SQLite: say -ledger.engine=postgres")
		}
		d.mountDisk(t)
		d.url = "sqlite:" + filepath.Join(d.disk, "desk.db")
		if d.disk == "" {
			d.url = "sqlite:" + filepath.Join(d.dir, "desk.db")
		}
	case "postgres":
		d.url = beforeServersOwn(t, enginetest.Postgres(t))
	default:
		t.Fatalf("-ledger.engine=%s: want sqlite or postgres", *flagEngine)
	}
	named := d.nodesAreNamed(t)
	for i := range *flagNodes {
		d.nodes = append(d.nodes, newNode(t, d, string(rune('a'+i)), named))
	}
	d.connect(t)
	t.Cleanup(func() {
		for _, n := range d.nodes {
			n.kill()
			if err := r.keepLog(n.name, n.log); err != nil {
				t.Errorf("keep the log of node %s: %v", n.name, err)
			}
		}
	})
	return d
}

// mountDisk mounts a small file system, which can be filled up.
func (d *desk) mountDisk(t *testing.T) {
	t.Helper()
	dir := filepath.Join(d.dir, "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	size := 128 + *flagMails/4 // MiB
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", size)); err != nil {
		d.report.line("left out: the full disk, since no small file system can be mounted (%v)", err)
		return
	}
	d.disk = dir
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount the small disk: %v", err)
		}
	})
}

// nodesAreNamed reports whether the config knows a name for a daemon.
func (d *desk) nodesAreNamed(t *testing.T) bool {
	t.Helper()
	sample, err := exec.Command(d.program, "config").Output()
	if err != nil {
		t.Fatalf("deskpost config: %v", err)
	}
	return slices.ContainsFunc(strings.Split(string(sample), "\n"), func(line string) bool {
		return strings.HasPrefix(strings.TrimLeft(line, "# "), "node = ")
	})
}

// beforeServersOwn lets functions of the test stand before those of the server;
// see setClocks.
func beforeServersOwn(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", q.Get("search_path")+",pg_catalog")
	u.RawQuery = q.Encode()
	return u.String()
}

// connect opens the database to look at. The daemon makes the file of SQLite.
func (d *desk) connect(t *testing.T) {
	t.Helper()
	driver, dsn := "pgx", d.url
	if path, ok := strings.CutPrefix(d.url, "sqlite:"); ok {
		driver, dsn = "sqlite3", "file:"+path+"?mode=ro&_busy_timeout=10000"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	d.db = db
	t.Cleanup(func() { db.Close() })
}

// start starts all daemons, and waits until one of them works.
func (d *desk) start() {
	for _, n := range d.nodes {
		n.start()
	}
	err := until("a daemon to be up", func() bool {
		return slices.ContainsFunc(d.nodes, func(n *node) bool { return n.said("deskpost is up") })
	})
	if err != nil {
		d.report.fail("%v", err)
	}
}

// stop ends all daemons in order, and has them say so.
func (d *desk) stop() {
	for _, n := range d.nodes {
		if err := n.stop(); err != nil {
			d.report.fail("node %s does not end well: %v", n.name, err)
		}
	}
}

// setClocks sets the clocks of all daemons on by so much, and that of the
// server, from which theirs must not differ.
func (d *desk) setClocks(ahead time.Duration) {
	d.report.event("clocks", "all ahead by %s", ahead)
	for _, n := range d.nodes {
		if at(n.wrong) < 0 {
			d.report.event("clock-forward", "that of node %s is right again", n.name)
		}
		if err := n.setClock(ahead.String()); err != nil {
			d.report.fail("%v", err)
		}
	}
	if *flagEngine != "postgres" {
		return
	}
	_, err := d.db.Exec(fmt.Sprintf(`CREATE OR REPLACE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
		'SELECT pg_catalog.clock_timestamp() + INTERVAL ''%d seconds'''`, int64(ahead.Seconds())))
	if err != nil {
		d.report.fail("set the clock of the server: %v", err)
	}
}

// run has the program do something on the database, beside the daemons.
func (d *desk) run(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, d.program, args...).CombinedOutput()
	return string(out), err
}

// databaseAt is the URL of the database through a line of one daemon.
func (d *desk) databaseAt(l *line) string {
	u, err := url.Parse(d.url)
	if err != nil || u.Host == "" {
		return d.url
	}
	u.Host = "127.0.0.1:" + l.port()
	return u.String()
}
