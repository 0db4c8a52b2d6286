package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// A secret says where a password is: in the config file itself, in an
// environment variable (env:NAME), in a file (file:PATH) or among the
// credentials systemd hands to a service (credential:NAME). However it is
// printed, it shows as dots.
type secret struct {
	// A pointer, because fmt cannot call methods on unexported fields and
	// would print a string in a struct that holds a secret in one.
	spec *string
}

const (
	hidden    = "•••"
	maxSecret = 64 << 10
)

// UnmarshalText keeps the text; nothing is looked up yet.
func (s *secret) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		s.spec = nil
		return nil
	}
	spec := string(text)
	s.spec = &spec
	return nil
}

// MarshalText hides the secret in JSON and the like.
func (s secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// String hides the secret.
func (s secret) String() string { return hidden }

// Format hides the secret under every verb.
func (s secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, hidden) }

// LogValue hides the secret in logs.
func (s secret) LogValue() slog.Value { return slog.StringValue(hidden) }

func (s secret) isSet() bool { return s.spec != nil && *s.spec != "" }

// isLiteral reports whether the config file holds the password itself.
func (s secret) isLiteral() bool {
	if !s.isSet() {
		return false
	}
	kind, _, ok := strings.Cut(*s.spec, ":")
	return !ok || kind != "env" && kind != "file" && kind != "credential"
}

// A secretSource is where secrets are looked up.
type secretSource struct {
	dir string                      // of the config file; "file:" is relative to it
	env func(string) (string, bool) // such as os.LookupEnv
}

// reveal looks the secret up anew, so that a rotated one is found. Its errors
// name the place and the fix and never a part of the secret.
func (s secret) reveal(from secretSource) (string, error) {
	if !s.isSet() {
		return "", errors.New("no password is set")
	}
	if s.isLiteral() {
		return *s.spec, oneLineSecret(*s.spec, "the password")
	}
	kind, name, _ := strings.Cut(*s.spec, ":")
	switch kind {
	case "env":
		return envSecret(name, from.env)
	case "file":
		return fileSecret(name, from.dir)
	}
	return credentialSecret(name, from.env)
}

func envSecret(name string, env func(string) (string, bool)) (string, error) {
	value, ok := env(name)
	if !ok || value == "" {
		return "", fmt.Errorf("the environment variable %q is not set; set it, or use file:PATH", name)
	}
	return value, oneLineSecret(value, "the environment variable "+name)
}

func fileSecret(name, dir string) (string, error) {
	if name == "" {
		return "", errors.New("file: needs a path; write file:PATH")
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	f, err := openRegular(path)
	if err != nil {
		return "", unreadable(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", unreadable(path, err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("%s is open to other users (mode %04o); run chmod 600 %s", path, mode, shellQuote(path))
	}
	return readSecret(f, path)
}

func credentialSecret(name string, env func(string) (string, bool)) (string, error) {
	if name == "" || name == "." || name == ".." || strings.ContainsRune(name, '/') {
		return "", fmt.Errorf("%q is not the name of a credential; write credential:NAME, without a path", name)
	}
	dir, ok := env("CREDENTIALS_DIRECTORY")
	if !ok || dir == "" {
		return "", fmt.Errorf("$CREDENTIALS_DIRECTORY is not set; it is only there in a systemd service with"+
			" LoadCredential=%s:PATH, elsewhere use file:PATH", name)
	}
	path := filepath.Join(dir, name)
	f, err := openRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("systemd handed over no credential %q; add LoadCredential=%s:PATH to the unit", name, name)
	}
	if err != nil {
		return "", unreadable(path, err)
	}
	defer f.Close()
	return readSecret(f, path)
}

// readSecret reads a file that holds one secret. Editors end files with a
// newline, which is not part of it.
func readSecret(f *os.File, path string) (string, error) {
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", unreadable(path, err)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if value == "" {
		return "", fmt.Errorf("%s is empty; write the password into it", path)
	}
	return value, oneLineSecret(value, path)
}

// oneLineSecret refuses what can only be a mistake: no sign-in takes such
// passwords.
func oneLineSecret(value, place string) error {
	if len(value) > maxSecret || strings.ContainsAny(value, "\x00\r\n") {
		return fmt.Errorf("%s must hold one line of text and nothing else", place)
	}
	return nil
}

// unreadable says why a file cannot be read, in words that do not depend on
// how it was opened.
func unreadable(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no file %s; create it, or correct the path", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s may not be read; give it to the user that deskpost runs as (chown)", path)
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	return fmt.Errorf("%s cannot be read: %w; see what it is with ls -l", path, err)
}

// shellQuote makes a path safe to paste into a shell.
func shellQuote(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
