package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Salvaged is what Salvage could write out of a damaged database.
type Salvaged struct {
	Mails    int      // raw mails that are whole
	Broken   int      // raw mails of which pieces are missing or damaged
	InBucket int      // raw mails whose bytes are in a bucket, and were never in the file
	Tickets  int      // threads, or what is left of them
	Entries  int      // entries in them
	Lost     []string // what could not be read, in words
}

// Salvage writes what can be read of a SQLite file, however damaged, into a
// directory that must be empty or not there: each raw mail, under its ticket
// and receipt where those can be read, and the thread of each ticket as text. In
// the stead of a mail that is in a bucket stands a file with the key of its
// object. The database is opened for reading only, and no index of it is trusted. The
// error says that nothing can be read, or that the directory can not be written.
func Salvage(ctx context.Context, url, dir string) (Salvaged, error) {
	if isPostgres(url) {
		return Salvaged{}, errors.New("only a SQLite file can be salvaged: restore the last backup of a PostgreSQL database, " +
			"or see what pg_dump can still read")
	}
	path, err := sqlitePath(url)
	if err != nil {
		return Salvaged{}, err
	}
	if err := emptyDir(dir); err != nil {
		return Salvaged{}, err
	}
	s := &salvage{ctx: ctx, dir: dir}
	padded, err := padded(path, filepath.Join(dir, "padded.db"))
	if err != nil {
		return Salvaged{}, err
	}
	if s.pool, err = openDamaged(ctx, padded); err != nil {
		return Salvaged{}, errors.Join(fmt.Errorf("nothing can be read from %s: %w; restore the last backup", path, err), dropCopy(path, padded))
	}
	err = errors.Join(s.run(), s.pool.Close(), dropCopy(path, padded))
	return s.done, err
}

// emptyDir makes a directory, or finds that it is empty.
func emptyDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the directory for what is salvaged: %w", err)
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return fmt.Errorf("the directory %s is not empty: name another one", dir)
	}
	return nil
}

// openDamaged opens a file with its log, or without where the log keeps it from
// being opened.
func openDamaged(ctx context.Context, path string) (*sql.DB, error) {
	modes := []string{"mode=ro", "mode=ro&immutable=1"}
	if !hasLog(path) {
		modes = modes[1:]
	}
	var first error
	for _, mode := range modes {
		pool, err := openPool(ctx, path, mode+"&_busy_timeout=5000&_query_only=on", 1)
		if err == nil {
			var tables int
			err = pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('receipts', 'blob_chunks')").Scan(&tables)
			if err == nil && tables < 2 {
				err = errors.New("it holds no desk")
			}
			if err == nil {
				return pool, nil
			}
			err = errors.Join(err, pool.Close())
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// A salvage is one at work.
type salvage struct {
	ctx  context.Context
	pool *sql.DB
	dir  string
	done Salvaged
}

func (s *salvage) run() error {
	for _, step := range []func() error{s.chunks, s.sums, s.receipts, s.tickets, s.entries} {
		if err := step(); err != nil {
			return err
		}
	}
	return s.leftovers()
}

// inBucket ends the name of a file that says which object of the bucket a raw
// mail is.
const inBucket = ".bucket.txt"

// unnamed is where raw mail lies until its receipt is found.
func (s *salvage) unnamed(name string) string { return filepath.Join(s.dir, "unnamed", name) }

// chunks writes the pieces of raw mail where they belong in files named after
// the blob's number.
func (s *salvage) chunks() error {
	if err := os.Mkdir(s.unnamed(""), 0o700); err != nil {
		return err
	}
	var blob, seq int64
	var bytes []byte
	return s.walk("blob_chunks", "blob, seq, bytes", "pieces of raw mail", []any{&blob, &seq, &bytes}, func(int64) error {
		f, err := os.OpenFile(s.unnamed(fmt.Sprint(blob)), os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		_, err = f.WriteAt(bytes, seq*chunkSize)
		return errors.Join(err, f.Close())
	})
}

// sums names the files after the sum of their bytes, which is what receipts know
// a mail by. One that is not whole so gets the name of no mail, unless its own
// row can be read.
func (s *salvage) sums() error {
	var sum []byte
	var size int64
	var place string
	into := []any{&sum, &size, &place}
	err := s.walk("blobs", "COALESCE(sum, x''), size, COALESCE(place, '')", "names of raw mail", into, func(id int64) error {
		if len(sum) == 0 {
			return ignoreAbsent(os.Remove(s.unnamed(fmt.Sprint(id)))) // an upload that never ended
		}
		if place != "" {
			s.done.InBucket++
			return os.WriteFile(s.unnamed(fmt.Sprintf("%x", sum)+inBucket), []byte(place+"\n"), 0o600)
		}
		is, err := s.sumOf(fmt.Sprint(id))
		switch {
		case errors.Is(err, os.ErrNotExist):
			s.lost("raw mail %x: all of its %d bytes", sum, size)
			s.done.Broken++
			return nil
		case err != nil:
			return err
		case is == string(sum):
			s.done.Mails++
			return os.Rename(s.unnamed(fmt.Sprint(id)), s.unnamed(fmt.Sprintf("%x.eml", sum)))
		}
		s.lost("raw mail %x: some of its %d bytes", sum, size)
		s.done.Broken++
		return os.Rename(s.unnamed(fmt.Sprint(id)), s.unnamed(fmt.Sprintf("%x.broken.eml", sum)))
	})
	if err != nil {
		return err
	}
	files, err := os.ReadDir(s.unnamed(""))
	if err != nil {
		return err
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".eml") || strings.HasSuffix(f.Name(), inBucket) {
			continue
		}
		sum, err := s.sumOf(f.Name())
		if err != nil {
			return err
		}
		s.done.Mails++ // if it is not, no receipt will name it
		if err := os.Rename(s.unnamed(f.Name()), s.unnamed(fmt.Sprintf("%x.eml", sum))); err != nil {
			return err
		}
	}
	return nil
}

func (s *salvage) sumOf(name string) (string, error) {
	f, err := os.Open(s.unnamed(name))
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return string(h.Sum(nil)), err
}

// receipts puts each raw mail beside its ticket. One that several receipts name
// is there several times, as one file with several names.
func (s *salvage) receipts() error {
	var ticket int64
	var sum []byte
	return s.walk("receipts", "COALESCE(ticket, 0), COALESCE(raw, x'')", "receipts", []any{&ticket, &sum}, func(id int64) error {
		if len(sum) == 0 {
			return nil
		}
		dir, err := s.ticketDir(ticket)
		if err != nil {
			return err
		}
		for _, end := range []string{".eml", ".broken.eml", inBucket} {
			err = os.Link(s.unnamed(fmt.Sprintf("%x", sum)+end), filepath.Join(dir, fmt.Sprintf("receipt-%d", id)+end))
			if !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
		s.lost("receipt %d (ticket %d): its raw mail", id, ticket)
		return nil
	})
}

// leftovers removes the first names of the mail that has found its receipt.
func (s *salvage) leftovers() error {
	files, err := os.ReadDir(s.unnamed(""))
	if err != nil {
		return err
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			return err
		}
		if linked(info) {
			if err := os.Remove(s.unnamed(f.Name())); err != nil {
				return err
			}
		}
	}
	return ignoreFull(os.Remove(s.unnamed("")))
}

// tickets begins the thread of each ticket with what is known of it.
func (s *salvage) tickets() error {
	var subject, status, priority, department, assignee, name, email string
	into := []any{&subject, &status, &priority, &department, &assignee, &name, &email}
	return s.walk("tickets", "subject, status, priority, department, assignee, requester_name, requester_email", "tickets", into, func(n int64) error {
		s.done.Tickets++
		return s.write(n, fmt.Sprintf("ticket %d: %s\nstatus %s, priority %s, department %s, assignee %s\nrequester %s <%s>\n",
			n, subject, status, priority, department, assignee, name, email))
	})
}

// entries adds what was written to the threads, in the order it was.
func (s *salvage) entries() error {
	var ticket, at int64
	var kind, by, name, email, text, quoted, audience string
	into := []any{&ticket, &kind, &by, &name, &email, &at, &text, &quoted, &audience}
	return s.walk("entries", "ticket, kind, by_name, from_name, from_email, COALESCE(at, 0), text, quoted, audience", "entries", into, func(id int64) error {
		s.done.Entries++
		return s.write(ticket, fmt.Sprintf("\n--- %s %d by %s, from %s <%s>, %s (%s)\n\n%s\n%s\n", kind, id, by, name, email,
			time.UnixMilli(at).UTC().Format(time.RFC3339), audience, text, quoted))
	})
}

// write adds to the thread of a ticket.
func (s *salvage) write(ticket int64, text string) error {
	dir, err := s.ticketDir(ticket)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, "thread.txt"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// ticketDir is where what belongs to a ticket lies; 0 is no ticket.
func (s *salvage) ticketDir(ticket int64) (string, error) {
	dir := filepath.Join(s.dir, "no-ticket")
	if ticket != 0 {
		dir = filepath.Join(s.dir, fmt.Sprintf("ticket-%d", ticket))
	}
	return dir, os.MkdirAll(dir, 0o700)
}

func (s *salvage) lost(format string, args ...any) {
	s.done.Lost = append(s.done.Lost, fmt.Sprintf(format, args...))
}
