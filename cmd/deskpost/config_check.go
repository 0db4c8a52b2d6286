package main

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A checker makes values of a config file and collects what is wrong. Where a
// value is wrong its methods return a zero value and the caller goes on; the
// faults decide in the end.
type checker struct {
	src    configSource
	index  *tomlIndex
	schema *configKey
	bad    map[string]bool // keys with a fault that need no second one
	faults configFaults
}

func newChecker(src configSource, index *tomlIndex) *checker {
	return &checker{src: src, index: index, schema: configSchema(), bad: map[string]bool{}}
}

// fault notes a fault at the line of a key, or of the table it is missing in.
func (c *checker) fault(path keyPath, format string, args ...any) {
	c.faultAt(c.index.line(path), path, format, args...)
}

func (c *checker) faultAt(line int, path keyPath, format string, args ...any) {
	f := configFault{file: c.src.path, line: line, text: fmt.Sprintf(format, args...)}
	n := c.tableParts(path)
	f.table, f.key = shorten(path[:n].String()), shorten(path[n:].String())
	c.faults = append(c.faults, f)
}

// tableParts is how many parts of a path name the table, as people write it
// in brackets.
func (c *checker) tableParts(path keyPath) int {
	n := 0
	for i := range path {
		e, indexed := c.index.entries[path[:i+1].String()]
		k, reached := c.schema.find(path[:i+1])
		// [agent.jane] is in brackets also where it is missing, and so is [agent].
		named := reached == i+1 && (k.keys != nil || i == 0 && k.each != nil)
		if named || indexed && wantTable.allows(e) && !e.value {
			n = i + 1
		}
	}
	return n
}

// shorten keeps absurd keys from filling the screen.
func shorten(key string) string {
	if len(key) > 120 {
		return strings.ToValidUTF8(key[:117], "") + "..."
	}
	return key
}

// known reports whether a key, or a table around it, has a fault already.
func (c *checker) known(path keyPath) bool {
	for i := range path {
		if c.bad[path[:i+1].String()] {
			return true
		}
	}
	return false
}

// required reports whether a key has a value, and notes it if not.
func (c *checker) required(path keyPath, value, example string) bool {
	switch {
	case value != "":
		return true
	case c.known(path):
	case c.index.has(path):
		c.fault(path, "must not be empty; write %s", example)
	default:
		c.fault(path, "is missing; write %s", example)
	}
	return false
}

// oneOf checks that a value is one of a few words.
func (c *checker) oneOf(path keyPath, value string, words ...string) string {
	if !slices.Contains(words, value) && !c.known(path) {
		c.fault(path, "%q is not possible here%s Write one of: %s", value, fullStop(didYouMean(value, words)),
			strings.Join(words, ", "))
	}
	return value
}

// reference checks that a value names a table of a group. Where none is
// wanted, "" is right.
func (c *checker) reference(path keyPath, value, article, group string, tables []string) {
	c.referenceAt(c.index.line(path), path, value, article, group, tables)
}

func (c *checker) referenceAt(line int, path keyPath, value, article, group string, tables []string) {
	if slices.Contains(tables, value) || c.known(path) {
		return
	}
	tables = slices.Sorted(slices.Values(tables))
	fix := "Write one of: " + strings.Join(tables, ", ")
	if len(tables) == 0 {
		fix = fmt.Sprintf("There is none yet: add [%s.NAME]", group)
	}
	c.faultAt(line, path, "%q is not %s %s%s  %s", value, article, group, fullStop(didYouMean(value, tables)), fix)
}

func fullStop(advice string) string {
	if advice == "" {
		return "."
	}
	return advice // ends with a question mark
}

func (c *checker) duration(path keyPath, value string, least, most time.Duration) time.Duration {
	return c.durationAt(c.index.line(path), path, value, least, most)
}

func (c *checker) durationAt(line int, path keyPath, value string, least, most time.Duration) time.Duration {
	if c.known(path) {
		return 0
	}
	d, err := parseDuration(value)
	switch {
	case err != nil:
		c.faultAt(line, path, "%v", err)
	case d < least || d > most:
		c.faultAt(line, path, "%q is out of bounds; write a duration from %s to %s", value,
			formatDuration(least), formatDuration(most))
	}
	return d
}

func (c *checker) number(path keyPath, value, least, most int) int {
	if (value < least || value > most) && !c.known(path) {
		c.fault(path, "%d is out of bounds; write a number from %d to %d", value, least, most)
	}
	return value
}

// address checks a bare mail address. Only ASCII ones are taken, since not
// every server on the way carries others (RFC 6531).
func (c *checker) address(line int, path keyPath, value string) bool {
	parsed, err := mail.ParseAddress(value)
	switch {
	case strings.ContainsFunc(value, func(r rune) bool { return r >= 0x80 }):
		c.faultAt(line, path, "%q is not all ASCII; write an ASCII address, with the domain in its xn-- form", value)
	case err != nil || parsed.Name != "" || parsed.Address != value || len(value) > 254:
		c.faultAt(line, path, "%q is not a mail address; write one such as support@bank.example, without a name", value)
	default:
		return true
	}
	return false
}

// oneLine checks a text that ends up in a header or on a line of its own.
func (c *checker) oneLine(path keyPath, value string) string {
	if strings.ContainsFunc(value, unicode.IsControl) || len(value) > 200 {
		c.fault(path, "must be one line of at most 200 bytes; shorten it and take out line breaks and tabs")
	}
	return value
}

// names checks the names of the tables of a group and returns them in the
// order of the file.
func (c *checker) names(group string) []string {
	names := c.index.names(group)
	names = slices.DeleteFunc(names, func(name string) bool { return c.known(at(group, name)) })
	for _, name := range names {
		if !validName(name) {
			c.fault(at(group, name), "%q cannot be a name; write one to forty small letters, digits and hyphens, such as [%s.support]",
				shorten(name), group)
		}
	}
	return names
}

// apart keeps the tables of a group apart, which commands call by their key or
// their name. The names so far are as they are compared, each with its key.
func (c *checker) apart(names map[string]string, group, key, name string) {
	for _, n := range []string{key, name} {
		first, taken := names[folded(n)]
		switch {
		case taken && first != key:
			c.fault(at(group, key, "name"), "%q cannot be told from [%s.%s] in commands; choose another name", n, group, first)
		case folded(n) != "":
			names[folded(n)] = key
		}
	}
}

// folded is a name as commands compare it, where case, spaces, dots and dashes
// do not count.
func folded(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", ".", "", "-", "", "_", "").Replace(name))
}

// validName keeps names such that they can be written in commands by mail.
func validName(name string) bool {
	return len(name) > 0 && len(name) <= 40 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" &&
		!strings.HasPrefix(name, "-")
}
