package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// checkedAlways is how large a file may be, in bytes, to be checked at every
// start. The check reads the whole file, of which a gigabyte takes a second from
// memory and a quarter of a minute from a slow disk, so a larger one is checked
// only after an end that was not in order.
const checkedAlways = 256 << 20

// errDamaged is what a check has found. It is fatal.
var errDamaged = errors.New("the database is damaged")

// check reads through the file before anything is written to it.
func (s sqlite) check(ctx context.Context, abandoned bool, told func(why string)) error {
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	switch {
	case info.Size() == 0 && hasLog(s.path):
		return s.damaged(errors.New("the file is empty, and has a log beside it"))
	case info.Size() == 0:
		return nil // it is being made
	case abandoned && told != nil:
		told(s.whyChecked())
	case !abandoned && info.Size() > checkedAlways:
		return nil
	}
	pool, err := openPool(ctx, s.path, "mode=ro&_busy_timeout=5000&_query_only=on", 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	r, err := pool.QueryContext(ctx, "PRAGMA quick_check(5)")
	if err != nil {
		return err
	}
	defer r.Close()
	var wrong []string
	for r.Next() {
		var verdict string
		if err := r.Scan(&verdict); err != nil {
			return err
		}
		if verdict != "ok" {
			wrong = append(wrong, strings.Join(strings.Fields(verdict), " "))
		}
	}
	if err := r.Err(); err != nil || len(wrong) == 0 {
		return err
	}
	return s.damaged(errors.New(strings.Join(wrong, "; ")))
}

// whyChecked says why a file is checked whose last holder died with the lock.
func (s sqlite) whyChecked() string {
	if hasLog(s.path) {
		return "the last deskpost on it did not end in order"
	}
	// Another program may have folded the log into the file, or somebody may have
	// deleted it, with mail in it.
	return fmt.Sprintf("the last deskpost on it did not end in order, and its log %s-wal is gone: if no other program "+
		"has opened the database since, what was written last is missing", s.path)
}

func (s sqlite) damaged(err error) error {
	return &databaseError{name: s.path, wrong: errDamaged.Error(), err: fmt.Errorf("%w: %w", errDamaged, err), mend: damagedMend}
}
