package store

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Codes of PostgreSQL's errors (its manual, appendix A), and classes of them.
const (
	pgDuplicate     = "23505"
	pgSerialization = "40001"
	pgDeadlock      = "40P01"
	pgLockTimeout   = "55P03"
	pgStarting      = "57P03"
	pgDiskFull      = "53100"
	pgTooMany       = "53300"
	pgIOError       = "58030"
	pgNoPrivilege   = "42501"
	pgReadOnly      = "25006"
	pgIdle          = "25P03" // was idle in a transaction for too long
	pgNoDatabase    = "3D000"
	pgNoSuchUser    = "28000"
	pgBadPassword   = "28P01"
	pgCorruptData   = "XX001"
	pgCorruptIndex  = "XX002"

	classConnection = "08"
	classRollback   = "40"
	classResources  = "53"
	classOperator   = "57"
	classSystem     = "58"
	classInternal   = "XX"
)

// errLockLost is why a DB stops writing whose lock another process may have.
var errLockLost = errors.New("the connection that held the lock of the desk was lost")

// pgCode is the code of an error of PostgreSQL; "" if it is none.
func pgCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func hasPgCode(err error, codes ...string) bool {
	code := pgCode(err)
	return code != "" && slices.Contains(codes, code)
}

func hasPgClass(err error, classes ...string) bool {
	code := pgCode(err)
	return code != "" && slices.ContainsFunc(classes, func(class string) bool { return strings.HasPrefix(code, class) })
}

// gaveWay reports whether the engine undid a transaction for the sake of another
// one, so that the same works if it is run again.
func gaveWay(err error) bool { return hasPgCode(err, pgSerialization, pgDeadlock) }

// pgEnds reports whether an error is about the server or other transactions and
// not about what was asked: no part of the transaction may go on as if one mail
// were to blame.
func pgEnds(err error) bool {
	return hasPgCode(err, pgLockTimeout, pgReadOnly, pgIdle) ||
		hasPgClass(err, classConnection, classRollback, classResources, classOperator, classSystem, classInternal)
}

func (p *postgres) explain(err error) error {
	var known *databaseError
	if err == nil || errors.As(err, &known) {
		return err
	}
	e := &databaseError{name: p.shown, err: oneLine{err}}
	var unreachable *pgconn.ConnectError
	switch {
	case IsDiskFull(err):
		e.wrong, e.mend = "the disk of the server is full", "make room on it"
	case hasPgCode(err, pgBadPassword, pgNoSuchUser):
		e.wrong, e.mend = "the server refuses the user", "look at the user in the URL, database_password and the server's pg_hba.conf"
	case hasPgCode(err, pgNoDatabase):
		e.wrong, e.mend = "there is no such database", "make it: createdb --encoding=UTF8 --template=template0 --owner="+
			p.config.User+" "+p.config.Database
	case hasPgCode(err, pgTooMany):
		e.wrong, e.mend = "the server takes no more connections", "raise its max_connections: each node needs 14"
	case hasPgCode(err, pgNoPrivilege):
		e.wrong, e.mend = "permission denied", "make the user "+p.config.User+" the owner of the database"
	case hasPgCode(err, pgReadOnly):
		e.wrong, e.mend = "it can only be read", "name the primary server"
	case hasPgCode(err, pgIOError):
		e.wrong, e.mend = "the disk of the server failed", "look into the server's log, mend the disk and start deskpost again"
	case hasPgCode(err, pgCorruptData, pgCorruptIndex):
		e.wrong, e.mend = "the database is damaged", "stop deskpost, look into the server's log and restore the last backup"
	case IsBusy(err):
		e.wrong, e.mend = "other transactions keep it busy", "wait, or end the program that holds its rows"
	case errors.As(err, &unreachable):
		e.wrong, e.mend = "the server can not be reached", "start it, or correct host and port in the URL"
	case hasPgClass(err, classConnection, classOperator), hasPgCode(err, pgIdle):
		e.wrong, e.mend = "the server ended the connection", "look into the server's log"
	default:
		return err
	}
	return e
}

// A oneLine is an error whose text is one line: pgx lists each attempt to connect
// on a line of its own, with TLS and without, and they often say the same.
type oneLine struct{ error }

func (e oneLine) Error() string {
	var said []string
	for line := range strings.Lines(e.error.Error()) {
		if line = strings.Join(strings.Fields(line), " "); !slices.Contains(said, line) {
			said = append(said, line)
		}
	}
	return strings.Join(said, " ")
}

func (e oneLine) Unwrap() error { return e.error }
