package main

import (
	"os"
	"strings"

	"deskpost/store"
)

// database checks where tickets and mail are kept, and returns it with the way
// to look the password up, which is nil where there is none.
func (c *checker) database(raw *rawConfig) (string, func() (string, error)) {
	path, value := at("database"), raw.Database
	const example = `database = "sqlite:/var/lib/deskpost/desk.db"`
	if !c.required(path, value, example) {
		return "", nil
	}
	if isPostgres(value) {
		if err := store.CheckURL(value); err != nil {
			c.fault(path, "%v", err)
		}
		return value, c.databasePassword(raw.DatabasePassword)
	}
	if raw.DatabasePassword.isSet() {
		c.fault(at("database_password"), "only a PostgreSQL database has a password; take it out")
	}
	file, ok := strings.CutPrefix(value, "sqlite:")
	switch {
	case !ok:
		c.fault(path, `want "sqlite:" and the path of a file, or the URL of a PostgreSQL database; write %s or database = "postgres://user@host/database"`, example)
	case file == "" || strings.ContainsAny(file, "?#\x00"):
		c.fault(path, `the path must not be empty or have a ? or #; write %s`, example)
	}
	return "sqlite:" + c.relative(file), nil
}

func isPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// maxNode is the longest name of a node, in bytes: that of a host name.
const maxNode = 64

// node is what this daemon is called among several: the name of the machine
// unless the config has one.
func (c *checker) node(value string) string {
	if value == "" {
		host, err := os.Hostname()
		if err != nil || !validNode(host) {
			c.fault(at("node"), "this machine has no name that would do; write one such as node = %q", "desk-1")
		}
		return host
	}
	if !validNode(value) && !c.known(at("node")) {
		c.fault(at("node"), "%q cannot be the name of a node; write up to %d letters, digits and signs in ASCII, without spaces, such as %q",
			shorten(value), maxNode, "desk-1")
	}
	return value
}

func validNode(name string) bool {
	return name != "" && len(name) <= maxNode && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' })
}

// databasePassword is optional: the server may know the user by the socket or a
// certificate, or libpq's passfile may hold it.
func (c *checker) databasePassword(s secret) func() (string, error) {
	path := at("database_password")
	if !s.isSet() || c.known(path) {
		return nil
	}
	return c.reveal(path, s)
}

// maxSocket is the longest path of a socket, in bytes: what the kernel has room
// for.
const maxSocket = 107

// control is where the daemon takes orders: beside a database file unless the
// config names another place.
func (c *checker) control(value, database string) string {
	file, isFile := strings.CutPrefix(database, "sqlite:")
	switch path := c.relative(value); {
	case value == "" && isFile && file != "":
		return file + ".control"
	case value == "" || c.known(at("control")):
		return ""
	case len(path) > maxSocket:
		c.fault(at("control"), "the path of a socket has at most %d bytes; write a shorter one such as \"/run/deskpost/control\"", maxSocket)
		return ""
	default:
		return path
	}
}

// freeSpace is how much room is left free beside a database file.
func (c *checker) freeSpace(value string) int64 {
	path := at("free_space")
	size, err := parseSize(value)
	if err != nil && !c.known(path) {
		c.fault(path, "%v", err)
	}
	return size
}
