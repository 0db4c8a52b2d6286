package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"syscall"
)

// A room watches how much is free on the file system of a SQLite database. It
// may be used by several goroutines; a nil one watches nothing.
type room struct {
	dir   string
	least int64                           // bytes
	free  func(dir string) (int64, error) // such as freeBytes
	log   *slog.Logger

	mu  sync.Mutex
	low bool // as told last
}

// newRoom is nil where there is nothing to watch: a PostgreSQL server looks after
// its own disk.
func newRoom(s *settings, log *slog.Logger) (*room, error) {
	dir := databaseFolder(s.Database)
	if dir == "" || s.FreeSpace == 0 {
		return nil, nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the directory of the database: %w", err)
	}
	return &room{dir: dir, least: s.FreeSpace, free: freeBytes, log: log}, nil
}

// enough reports whether there is room for more mail, and says in the log when
// that changes. Where it can not be found out, the store will say what is wrong.
func (r *room) enough() bool {
	if r == nil {
		return true
	}
	free, err := r.free(r.dir)
	if err != nil {
		r.log.Warn("the room on the disk can not be measured", "directory", r.dir, "error", err)
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	low := free < r.least
	if low == r.low {
		return !low
	}
	r.low = low
	if low {
		r.log.Error("too little room on the disk of the database: mail stays on its server until there is more; make room",
			"directory", r.dir, "free", free, "free_space", formatSize(r.least))
	} else {
		r.log.Info("there is room on the disk of the database again: mail is taken", "directory", r.dir, "free", free)
	}
	return !low
}

// freeBytes is how much an ordinary user may still write to a file system; 0 if
// no file can be made on it, for want of inodes.
func freeBytes(dir string) (int64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("measure the file system: %w", err)
	}
	if fs.Files > 0 && fs.Ffree == 0 { // some file systems count no inodes at all
		return 0, nil
	}
	return int64(fs.Bavail) * fs.Bsize, nil
}
