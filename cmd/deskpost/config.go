package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxConfig bounds the config file; a thousand agents need a fifth of it.
const maxConfig = 1 << 20

// loadConfig reads the config file at path and checks everything in it that
// can be checked without the network: keys, types, values, references between
// tables, secrets and certificate files. An error of type configFaults lists
// every fault at once.
func loadConfig(path string) (*settings, error) {
	src, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	return parseConfig(src)
}

// A configSource is the text of a config file and its surroundings.
type configSource struct {
	path string // as the admin wrote it; faults begin with it
	data []byte
	mode fs.FileMode
	env  func(string) (string, bool) // such as os.LookupEnv
}

// dir is what relative paths in the config are relative to.
func (s configSource) dir() string { return filepath.Dir(s.path) }

func readConfig(path string) (configSource, error) {
	f, err := openRegular(path)
	if err != nil {
		return configSource{}, fmt.Errorf("open config: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return configSource{}, fmt.Errorf("open config: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return configSource{}, fmt.Errorf("read config: %w", err)
	}
	if len(data) > maxConfig {
		return configSource{}, fmt.Errorf("read config: %s is larger than 1 MiB; is it the right file?", path)
	}
	return configSource{path: path, data: data, mode: info.Mode(), env: os.LookupEnv}, nil
}

// openRegular opens a file that must be one: opening a pipe would wait for a
// writer.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("it is not a regular file")}
	}
	return os.Open(path)
}

// parseConfig turns the text of a config file into settings.
func parseConfig(src configSource) (*settings, error) {
	// Some editors begin a file with a byte order mark, which TOML does not know.
	src.data = bytes.TrimPrefix(src.data, []byte("\ufeff"))
	index, fault := indexTOML(src.data)
	if fault != nil {
		fault.file = src.path
		return nil, configFaults{*fault}
	}
	c := newChecker(src, index)
	raw := c.decode()
	s := c.settings(raw)
	if len(c.faults) > 0 {
		return nil, c.faults.sorted()
	}
	return s, nil
}
