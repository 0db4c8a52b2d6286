package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// walkGap is how many row numbers in a row are tried one by one, where rows can
// not be read, before a table counts as at its end.
const walkGap = 50_000

// walk hands the rows of a table to do, in the order of their numbers and with
// their columns in into. Where a page can not be read, it goes on with the first
// row behind it that can, and counts the numbers between. No index is used.
func (s *salvage) walk(table, columns, what string, into []any, do func(id int64) error) error {
	unread := int64(0)
	for id := int64(0); ; {
		next, err := s.stretch(table, columns, into, id, do)
		if err != nil && !isDamage(err) {
			return fmt.Errorf("salvage %s: %w", what, err)
		}
		if err == nil {
			break
		}
		behind, err := s.behind(table, columns, into, next)
		if err != nil {
			return fmt.Errorf("salvage %s: %w", what, err)
		}
		if behind == 0 {
			s.lost("%s: those numbered above %d, as many as there were", what, next)
			return nil
		}
		unread += behind - next - 1
		// Done by itself, so that each round comes further: the way to the rows
		// behind it may be damaged as well.
		if err := do(behind); err != nil {
			return fmt.Errorf("salvage %s: %w", what, err)
		}
		id = behind
	}
	if unread > 0 {
		s.lost("%s: at most %d", what, unread)
	}
	return nil
}

// stretch reads rows above a number until one can not be read, and returns the
// last that could.
func (s *salvage) stretch(table, columns string, into []any, above int64, do func(id int64) error) (int64, error) {
	query := fmt.Sprintf("SELECT rowid, %s FROM %s NOT INDEXED WHERE rowid >= ?1 ORDER BY rowid", columns, table)
	r, err := s.pool.QueryContext(s.ctx, query, above+1)
	if err != nil {
		return above, err
	}
	defer r.Close()
	var id int64
	into = append([]any{&id}, into...)
	for r.Next() {
		if err := r.Scan(into...); err != nil {
			s.lost("row %d of %s: %v", id, table, err)
			continue
		}
		if err := do(id); err != nil {
			return above, err
		}
		above = id
	}
	return above, r.Err()
}

// behind finds the first row above a number that can be read by itself, 0 if
// there is none near.
func (s *salvage) behind(table, columns string, into []any, above int64) (int64, error) {
	query, err := s.pool.PrepareContext(s.ctx, fmt.Sprintf("SELECT %s FROM %s NOT INDEXED WHERE rowid = ?1", columns, table))
	if err != nil {
		if isDamage(err) {
			return 0, nil
		}
		return 0, err
	}
	defer query.Close()
	for id := above + 1; id < above+walkGap; id++ {
		err := query.QueryRowContext(s.ctx, id).Scan(into...)
		if err == nil {
			return id, nil
		}
		if s.ctx.Err() != nil {
			return 0, s.ctx.Err()
		}
	}
	return 0, nil
}

// linked reports whether a file has more than one name.
func linked(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink > 1
}

func ignoreAbsent(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// ignoreFull takes a directory that can not be removed since it is not empty for
// what it is.
func ignoreFull(err error) error {
	if errors.Is(err, syscall.ENOTEMPTY) {
		return nil
	}
	return err
}
