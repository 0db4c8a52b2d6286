package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// maxRounds bounds how often the text is decoded to find one more wrong type.
const maxRounds = 100

// decode makes the raw config from the text and notes unknown keys and wrong
// types. The decoder stops at the first wrong type; so each one is noted,
// blanked out, and the text decoded again.
func (c *checker) decode() *rawConfig {
	data := bytes.Clone(c.index.data)
	c.refuseInlineGroups()
	c.unknownKeys(data)
	for range maxRounds {
		raw := defaultConfig(c.index)
		err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(raw)
		// Unknown keys are DecodeErrors too, in a list that comes last.
		_, strict := errors.AsType[*toml.StrictMissingError](err)
		if de, ok := errors.AsType[*toml.DecodeError](err); ok && !strict && c.wrongType(de, data) {
			continue
		}
		c.undecoded(err)
		return raw
	}
	c.fault(nil, "there are more faults of this kind; mend these first")
	return defaultConfig(c.index)
}

// refuseInlineGroups refuses mailbox = { support = { ... } }: the decoder
// would replace the defaults that are there by then.
func (c *checker) refuseInlineGroups() {
	for _, group := range slices.Sorted(maps.Keys(c.schema.keys)) {
		path := at(group)
		if e, ok := c.index.entries[group]; ok && c.schema.keys[group].each != nil && wantTable.allows(e) &&
			e.value {
			c.fault(path, "this cannot be written on one line; write a table [%s.NAME] for each", group)
			c.bad[group] = true
		}
	}
}

// wrongType notes what the decoder stopped at and blanks it out of data. It
// returns false if that cannot be done.
func (c *checker) wrongType(de *toml.DecodeError, data []byte) bool {
	line, _ := de.Position()
	s, ok := c.index.statementAt(line)
	if !ok {
		return false
	}
	if strings.Contains(de.Error(), "already") {
		c.faultAt(s.line, s.path, "this is written twice, the first time in line %d; keep one of them",
			c.index.line(s.path))
	} else if !c.wrongTypes(s, line) {
		path := keyPath(de.Key())
		c.faultAt(line, path, "%s%s", strings.TrimPrefix(de.Error(), "toml: "), c.example(path))
		c.bad[path.String()] = true
	}
	blank(data[s.start:s.end])
	return true
}

// wrongTypes notes the values of a statement that have another type than
// their keys, or returns false if there are none. An inline table holds
// several values. A line inside a list is that of the element at fault.
func (c *checker) wrongTypes(s tomlStatement, line int) bool {
	wrong := false
	for _, path := range c.index.below(s) {
		key, known := c.schema.find(path)
		entry := c.index.entries[path.String()]
		if known < len(path) || key.want.allows(entry) {
			continue
		}
		c.faultAt(max(line, entry.line), path, "want %s, found %s%s", key.want, foundIn(key.want, entry), c.example(path))
		c.bad[path.String()] = true
		wrong = true
	}
	return wrong
}

// foundIn names what stands where something else is wanted.
func foundIn(w want, e tomlEntry) string {
	if w == wantTexts {
		for _, v := range e.elements {
			if !wantText.allows(tomlEntry{kind: v.kind}) {
				return found(v.kind) + " in the list"
			}
		}
	}
	return found(e.kind)
}

// example is advice to write a line that would be right: the default, where
// there is one.
func (c *checker) example(path keyPath) string {
	key, known := c.schema.find(path)
	if known < len(path) {
		return ""
	}
	index := &tomlIndex{order: []keyPath{path}}
	text := tomlValue(defaultConfig(index).flatten()[path.String()])
	switch {
	case key.want == wantTable:
		return fmt.Sprintf("; write [%s] on a line of its own and the keys below", path)
	case key.want == wantTexts && (text == "[]" || text == ""):
		text = `["..."]`
	case text == `""` || text == "":
		text = `"..."`
	}
	return fmt.Sprintf("; write one such as %s = %s", path[len(path)-1:], text)
}

// tomlValue writes a value of a raw config as TOML; secrets and tables are "".
func tomlValue(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = fmt.Sprintf("%q", s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	case int, bool:
		return fmt.Sprint(v)
	}
	return ""
}

// blank keeps the lines, so that later faults stand where they did.
func blank(text []byte) {
	for i, b := range text {
		if b != '\n' {
			text[i] = ' '
		}
	}
}

// unknownKeys notes the keys that have no place in the schema and blanks their
// statements out of data. The strict decoder would find them too, except those
// in capitals, but splits the whole text into lines for each.
func (c *checker) unknownKeys(data []byte) {
	for _, path := range c.index.order {
		parent, n := c.schema.find(path)
		if n == len(path) || parent.want != wantTable {
			continue
		}
		c.unknown(path[:n+1], parent)
		s := c.index.statements[c.index.entries[path.String()].statement]
		blank(data[s.start:s.end])
	}
}

// unknown notes a key that its table does not have.
func (c *checker) unknown(path keyPath, parent *configKey) {
	if c.bad[path.String()] {
		return
	}
	c.bad[path.String()] = true
	table, word := path[:len(path)-1:len(path)-1], path[len(path)-1]
	meant := func(name string) {
		if key := append(table, name); !c.index.has(key) {
			c.bad[key.String()] = true // not missing, only misnamed
		}
	}
	if lower := strings.ToLower(word); parent.keys[lower] != nil {
		c.fault(path, "keys are written in small letters; write %s", lower)
		meant(lower)
		return
	}
	if advice := renamed(c.schema.general(path)); advice != "" {
		c.fault(path, "this is called otherwise; write %s", advice)
		name, _, _ := strings.Cut(advice, " ")
		meant(name)
		return
	}
	known, kind := slices.Sorted(maps.Keys(parent.keys)), "key"
	if e := c.index.entries[path.String()]; wantTable.allows(e) {
		kind = "table"
	}
	advice := "; known here are " + strings.Join(known, ", ")
	if near := nearest(word, known); near != "" {
		advice = didYouMean(word, known)
		meant(near)
	}
	c.fault(path, "unknown %s%s", kind, advice)
}

// undecoded notes what the decoder refuses although the schema takes it, such
// as keys too deep for the index.
func (c *checker) undecoded(err error) {
	strict, ok := errors.AsType[*toml.StrictMissingError](err)
	if !ok {
		if err != nil {
			c.fault(nil, "this cannot be decoded: %s", strings.TrimPrefix(err.Error(), "toml: "))
		}
		return
	}
	for i := range strict.Errors {
		line, _ := strict.Errors[i].Position()
		if path := keyPath(strict.Errors[i].Key()); !c.known(path) {
			c.faultAt(line, path, "unknown key; take it out")
		}
	}
}
