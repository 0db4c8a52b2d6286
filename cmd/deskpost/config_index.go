package main

import (
	"bytes"
	"errors"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// maxKeyDepth is how deep keys are indexed. The deepest of ours is
// agent.NAME.access.DEPARTMENT.
const maxKeyDepth = 6

// A keyPath is a dotted key, from the top of the file.
type keyPath []string

func at(parts ...string) keyPath { return parts }

// String joins the parts as TOML writes them: in quotes where needed.
func (p keyPath) String() string {
	parts := make([]string, len(p))
	for i, part := range p {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			part = strconv.Quote(part)
		}
		parts[i] = part
	}
	return strings.Join(parts, ".")
}

// A tomlIndex knows where in the file each key stands. The decoder forgets it,
// and faults found later need it.
type tomlIndex struct {
	data       []byte
	lines      []int // offset at which each line begins
	entries    map[string]tomlEntry
	order      []keyPath // keys of entries as they appear
	statements []tomlStatement
}

// A tomlEntry is the place and the type of a table or a value.
type tomlEntry struct {
	line      int
	kind      unstable.Kind
	value     bool          // set by "=", not by a header
	statement int           // index of the statement it is in
	elements  []tomlElement // of an array
}

type tomlElement struct {
	line int
	kind unstable.Kind
}

// A tomlStatement is a table header or a key with its value.
type tomlStatement struct {
	path       keyPath
	header     bool
	line       int
	start, end int // a header goes on to the next header
}

// indexTOML reads the text once. The fault is that it is not TOML.
func indexTOML(data []byte) (*tomlIndex, *configFault) {
	x := &tomlIndex{data: data, lines: lineStarts(data), entries: map[string]tomlEntry{}}
	var p unstable.Parser
	p.Reset(data)
	var table keyPath
	for p.NextExpression() {
		table = x.statement(p.Expression(), table)
	}
	if p.Error() != nil {
		return nil, syntaxFault(data, p.Error())
	}
	for i := range x.statements {
		if x.statements[i].header {
			x.statements[i].end = x.nextHeader(i)
		}
	}
	return x, nil
}

// syntaxFault asks the decoder for the line, which the parser's own error
// lacks.
func syntaxFault(data []byte, parse error) *configFault {
	fault := &configFault{line: 1, text: parse.Error()}
	var discard map[string]any
	if de, ok := errors.AsType[*toml.DecodeError](toml.Unmarshal(data, &discard)); ok {
		fault.line, _ = de.Position()
		fault.text = strings.TrimPrefix(de.Error(), "toml: ")
	}
	fault.text = "this is not TOML: " + fault.text +
		`; tables are [name], and values key = "text", key = 3, key = true or key = ["a", "b"]`
	return fault
}

// statement indexes one top-level expression and returns the table that the
// next one is in.
func (x *tomlIndex) statement(n *unstable.Node, table keyPath) keyPath {
	x.statements = append(x.statements, tomlStatement{})
	s := &x.statements[len(x.statements)-1]
	if n.Kind == unstable.KeyValue {
		path, line := x.key(n, table)
		*s = tomlStatement{path: path, line: line, start: int(n.Raw.Offset), end: int(n.Raw.Offset + n.Raw.Length)}
		x.value(path, line, n.Value())
		return table
	}
	path, line := x.key(n, nil)
	*s = tomlStatement{path: path, header: true, line: line, start: x.lines[line-1]}
	x.add(path, tomlEntry{line: line, kind: n.Kind})
	return path
}

// key is the full path of a header or key and the line it is on. The tables
// it implies are indexed too.
func (x *tomlIndex) key(n *unstable.Node, table keyPath) (keyPath, int) {
	path, line := slices.Clone(table), 0
	for it := n.Key(); it.Next(); {
		if line == 0 {
			line = x.lineAt(int(it.Node().Raw.Offset))
		} else {
			x.add(path, tomlEntry{line: line, kind: unstable.Table})
		}
		path = append(path, string(it.Node().Data))
	}
	return path, line
}

func (x *tomlIndex) value(path keyPath, line int, n *unstable.Node) {
	e := tomlEntry{line: line, kind: n.Kind, value: true}
	if n.Kind == unstable.Array {
		for it := n.Children(); it.Next(); {
			e.elements = append(e.elements, tomlElement{x.lineAt(int(it.Node().Raw.Offset)), it.Node().Kind})
		}
	}
	x.add(path, e)
	if n.Kind != unstable.InlineTable || len(path) >= maxKeyDepth {
		return
	}
	for it := n.Children(); it.Next(); {
		if child := it.Node(); child.Kind == unstable.KeyValue {
			path, line := x.key(child, path)
			x.value(path, line, child.Value())
		}
	}
}

// add indexes a path. The first place wins, and a header over a table that a
// deeper header implied.
func (x *tomlIndex) add(path keyPath, e tomlEntry) {
	if len(path) > maxKeyDepth {
		return
	}
	key := path.String()
	if _, ok := x.entries[key]; ok {
		return
	}
	e.statement = len(x.statements) - 1
	x.entries[key] = e
	x.order = append(x.order, slices.Clone(path))
}

// names lists the tables of a group, such as "support" of [mailbox.support].
// The decoder takes keys in any case, so this does too.
func (x *tomlIndex) names(group string) []string {
	var names []string
	seen := map[string]bool{}
	for _, path := range x.order {
		if len(path) > 1 && strings.EqualFold(path[0], group) && !seen[path[1]] {
			seen[path[1]] = true
			names = append(names, path[1])
		}
	}
	return names
}

func (x *tomlIndex) has(path keyPath) bool {
	_, ok := x.entries[path.String()]
	return ok
}

// line is where a key stands, or the nearest table that should hold it, or
// the top of the file.
func (x *tomlIndex) line(path keyPath) int {
	for ; len(path) > 0; path = path[:len(path)-1] {
		if e, ok := x.entries[path.String()]; ok {
			return e.line
		}
	}
	return 1
}

// elementLine is the line of an element of an array.
func (x *tomlIndex) elementLine(path keyPath, i int) int {
	if e := x.entries[path.String()]; i < len(e.elements) && e.elements[i].kind != unstable.Array {
		return e.elements[i].line
	}
	return x.line(path)
}

// lineWithin is the line of a piece of a value, or of its key if the piece is
// not written out there.
func (x *tomlIndex) lineWithin(path keyPath, piece string) int {
	if e, ok := x.entries[path.String()]; ok {
		s := x.statements[e.statement]
		if i := bytes.Index(x.data[s.start:s.end], []byte(piece)); i >= 0 {
			return x.lineAt(s.start + i)
		}
	}
	return x.line(path)
}

// statementAt finds the statement that covers a line.
func (x *tomlIndex) statementAt(line int) (tomlStatement, bool) {
	i := sort.Search(len(x.statements), func(i int) bool { return x.statements[i].line > line }) - 1
	if i < 0 {
		return tomlStatement{}, false
	}
	return x.statements[i], true
}

// below lists the keys that a statement sets, the outermost first.
func (x *tomlIndex) below(s tomlStatement) []keyPath {
	paths := []keyPath{s.path}
	if !s.header {
		for _, path := range x.order {
			if len(path) > len(s.path) && slices.Equal(path[:len(s.path)], s.path) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// nextHeader is the offset at which the table opened by a header ends.
func (x *tomlIndex) nextHeader(i int) int {
	for _, s := range x.statements[i+1:] {
		if s.header {
			return s.start
		}
	}
	return len(x.data)
}

func (x *tomlIndex) lineAt(offset int) int {
	return sort.Search(len(x.lines), func(i int) bool { return x.lines[i] > offset })
}

func lineStarts(data []byte) []int {
	starts := []int{0}
	for offset := 0; ; {
		i := bytes.IndexByte(data[offset:], '\n')
		if i < 0 {
			return starts
		}
		offset += i + 1
		starts = append(starts, offset)
	}
}
