package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"deskpost/ticket/failpoint"
)

// lostMargin is how long before the last sweep of a mailbox mail may have
// reached it that a desk took and moved away only after the backup.
const lostMargin = 24 * time.Hour

// A Restored says what became of a backup.
type Restored struct {
	Backup
	Held int64 // mails that wait to be released or dropped
}

// Restore fills the database at a URL, which must be empty, from the file of a
// backup, which is verified first. It takes the options of Open and, from rand,
// which must be a cryptographic source, the bytes of a new signing key. Whatever
// it ends with, no desk runs on a database that is not whole.
//
// The desk then differs from the one that was backed up in what keeps it from
// doing twice what that one may have done meanwhile (reliability.md F17):
// see afterRestore.
func Restore(ctx context.Context, url, file string, rand io.Reader, opts ...Option) (Restored, error) {
	r, err := restore(ctx, url, file, rand, opts...)
	if err != nil {
		return Restored{}, fmt.Errorf("restore %s: %w", file, err)
	}
	return r, nil
}

func restore(ctx context.Context, url, file string, rand io.Reader, opts ...Option) (r Restored, err error) {
	o := optionsOf(opts)
	e, err := engineFor(url, o.password)
	if err != nil {
		return r, err
	}
	secret := make([]byte, keyBytes)
	if _, err := io.ReadFull(rand, secret); err != nil {
		return r, fmt.Errorf("draw %d random bytes: %w", keyBytes, err)
	}
	r.Backup, err = readBackup(ctx, file)
	if broken := (brokenError{}); errors.As(err, &broken) {
		return r, fmt.Errorf("%w: use another backup", err)
	}
	if err != nil {
		return r, err
	}
	backup, err := openBackup(ctx, file)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, backup.Close()) }()
	db := &DB{engine: e, dialect: e.words(), now: o.now, died: make(chan struct{})}
	lock, err := e.takeAlone(ctx, wait{})
	if err != nil {
		return r, e.explain(err)
	}
	db.lock = aloneLock{lock}
	err = e.build(ctx, db, r.Backup, func() error {
		picture, err := backup.write.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer picture.Rollback()
		return db.fill(ctx, picture, func(t *tx) error {
			if err := t.sayAll(); err != nil {
				return err
			}
			held, err := t.afterRestore(r.Backup, db.now(), secret)
			r.Held = held
			return errors.Join(err, failpoint.Here("restore.copied"))
		})
	})
	return r, errors.Join(e.explain(err), db.Close())
}

// An aloneLock is the lock of the desk as a whole: nobody else can begin to run
// it.
type aloneLock struct{ lock }

func (aloneLock) alone() bool { return true }

// afterRestore makes a desk of a backup (reliability.md F17). Between the backup
// and now another desk was at work, of which nothing is known:
//
//   - What was to be sent it has probably sent. It is held until a person, or a
//     copy of it that comes by, says so.
//   - It has given out numbers of notices that will be given out again. They are
//     signed by a new key, so that its tokens, made with the old one, name
//     nothing here.
//   - It may have taken mail and moved it away. That is looked for in the folder
//     it was moved to. Mail that is still in the mailbox comes again by its UID.
func (t *tx) afterRestore(b Backup, now time.Time, secret []byte) (held int64, err error) {
	// A digest that is held takes no further lines: its agent gets another.
	why := "restored from the backup of " + b.TakenAt.UTC().Format("2006-01-02 15:04 MST")
	_, err = t.exec(`UPDATE notices SET held_at = $1, held_why = $2, leased_until = NULL, leased_by = '', free_at = COALESCE(due_at, 0),
			dedupe = CASE WHEN kind = 'digest' THEN NULL ELSE dedupe END
		WHERE settled_at IS NULL AND held_at IS NULL`, ms(now), why)
	if err != nil {
		return 0, fmt.Errorf("hold what was to be sent: %w", err)
	}
	if _, err := t.exec(`UPDATE keys SET retired_at = $1 WHERE retired_at IS NULL`, ms(now)); err != nil {
		return 0, fmt.Errorf("retire signing keys: %w", err)
	}
	_, err = t.exec(`INSERT INTO keys (id, secret, made_at) SELECT COALESCE(MAX(id), 0) + 1, $1, $2 FROM keys`, secret, ms(now))
	if err != nil {
		return 0, fmt.Errorf("make a signing key: %w", err)
	}
	// The lost desk was at work on a mail, and no mail has ended this one.
	if _, err := t.exec(`UPDATE sources SET reading_since = NULL`); err != nil {
		return 0, fmt.Errorf("note that no mailbox is read: %w", err)
	}
	// What an earlier restore is still looking for goes back further.
	_, err = t.exec(`UPDATE sources SET lost_since = COALESCE(swept_at, $1) - $2
		WHERE lost_since IS NULL OR lost_since > COALESCE(swept_at, $1) - $2`, ms(b.TakenAt), lostMargin.Milliseconds())
	if err != nil {
		return 0, fmt.Errorf("note what may be lost: %w", err)
	}
	if _, err := t.exec(`UPDATE backups SET restored_at = $1 WHERE restored_at IS NULL`, ms(now)); err != nil {
		return 0, fmt.Errorf("note the restore: %w", err)
	}
	// Some may have been held before the backup.
	err = t.one(`SELECT COUNT(*) FROM notices WHERE settled_at IS NULL AND held_at IS NOT NULL`, nil, &held)
	if err != nil {
		return 0, fmt.Errorf("count what is held: %w", err)
	}
	return held, nil
}
