package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// padded is a file that SQLite opens: the damaged one itself, or, since it opens
// none that is shorter than its header says, a copy filled up with zeros, which
// read as damaged pages.
func padded(path, copied string) (string, error) {
	in, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return "", err
	}
	if info.Size() == 0 {
		return "", fmt.Errorf("%s is empty: nothing can be read from it; restore the last backup", path)
	}
	size, err := headerSize(in)
	if err != nil || size <= info.Size() {
		return path, err
	}
	if hasLog(path) {
		if err := copyFile(path+"-wal", copied+"-wal"); err != nil {
			return "", fmt.Errorf("copy the log of the damaged database: %w", err)
		}
	}
	if err := copyFile(path, copied); err != nil {
		return "", fmt.Errorf("copy the damaged database: %w", err)
	}
	return copied, os.Truncate(copied, size)
}

// headerSize is how large a SQLite file should be by its header
// (sqlite.org/fileformat2.html, section 1.3); 0 if it has none.
func headerSize(f *os.File) (int64, error) {
	header := make([]byte, 100)
	if _, err := f.ReadAt(header, 0); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	const biggest = 1 << 40 // a header that says more is damaged itself
	page := int64(binary.BigEndian.Uint16(header[16:]))
	if page == 1 {
		page = 65536
	}
	size := page * int64(binary.BigEndian.Uint32(header[28:]))
	if string(header[:15]) != "SQLite format 3" || size > biggest {
		return 0, nil
	}
	return size, nil
}

// copyFile copies a file to one that is not there yet.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// dropCopy removes what padded has made.
func dropCopy(path, copied string) error {
	if copied == path {
		return nil
	}
	var errs []error
	for _, name := range []string{copied, copied + "-wal", copied + "-shm"} {
		errs = append(errs, ignoreAbsent(os.Remove(name)))
	}
	return errors.Join(errs...)
}
