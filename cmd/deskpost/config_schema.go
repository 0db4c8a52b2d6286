package main

import (
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A configKey describes a key of the config file, drawn from the raw structs.
type configKey struct {
	want want
	keys map[string]*configKey // of a table with fixed keys
	each *configKey            // of a table whose keys are free names
}

// want is the type of a value.
type want int

const (
	wantTable want = iota
	wantText
	wantTexts
	wantNumber
	wantTruth
)

// String says what to write.
func (w want) String() string {
	return [...]string{"a table", "a text in quotes", "a list of texts in quotes", "a whole number without quotes",
		"true or false without quotes"}[w]
}

// allows reports whether a value of a TOML type can be meant.
func (w want) allows(e tomlEntry) bool {
	switch w {
	case wantText:
		return e.kind == unstable.String
	case wantTexts:
		return e.kind == unstable.Array &&
			!slices.ContainsFunc(e.elements, func(v tomlElement) bool { return v.kind != unstable.String })
	case wantNumber:
		return e.kind == unstable.Integer
	case wantTruth:
		return e.kind == unstable.Bool
	}
	return e.kind == unstable.Table || e.kind == unstable.InlineTable
}

// found names a TOML type to people.
func found(k unstable.Kind) string {
	switch k {
	case unstable.String:
		return "a text"
	case unstable.Integer:
		return "a number"
	case unstable.Float:
		return "a number with a fraction"
	case unstable.Bool:
		return "true or false"
	case unstable.Array:
		return "a list"
	case unstable.ArrayTable:
		return "a list of tables, [[...]]"
	case unstable.Table, unstable.InlineTable:
		return "a table"
	}
	return "a date or time"
}

// configSchema is the tree of all keys.
func configSchema() *configKey { return schemaOf(reflect.TypeFor[rawConfig]()) }

func schemaOf(t reflect.Type) *configKey {
	switch {
	case t == reflect.TypeFor[secret](), t.Kind() == reflect.String:
		return &configKey{want: wantText}
	case t.Kind() == reflect.Slice:
		return &configKey{want: wantTexts}
	case t.Kind() == reflect.Int:
		return &configKey{want: wantNumber}
	case t.Kind() == reflect.Bool:
		return &configKey{want: wantTruth}
	case t.Kind() == reflect.Map:
		return &configKey{each: schemaOf(t.Elem())}
	}
	k := &configKey{keys: map[string]*configKey{}}
	for f := range t.Fields() {
		k.keys[f.Tag.Get("toml")] = schemaOf(f.Type)
	}
	return k
}

// find follows a path as far as it is known and returns what it reached and
// how many parts led there.
func (k *configKey) find(path keyPath) (*configKey, int) {
	for i, part := range path {
		next := k.each
		if next == nil {
			next = k.keys[part]
		}
		if next == nil {
			return k, i
		}
		k = next
	}
	return k, len(path)
}

// general is the path with NAME for each free name: "mailbox.NAME.url".
func (k *configKey) general(path keyPath) string {
	general := slices.Clone(path)
	for i := range path {
		if parent, n := k.find(path[:i]); n == i && parent.each != nil {
			general[i] = "NAME"
		}
	}
	return strings.Join(general, ".")
}

// flatten lists the values of a raw config by their dotted keys.
func (raw *rawConfig) flatten() map[string]any {
	values := map[string]any{}
	flattenInto(values, nil, reflect.ValueOf(*raw))
	return values
}

func flattenInto(values map[string]any, path keyPath, v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[secret]():
		values[path.String()] = v.Interface()
	case v.Kind() == reflect.Struct:
		for f, field := range v.Fields() {
			flattenInto(values, append(slices.Clone(path), f.Tag.Get("toml")), field)
		}
	case v.Kind() == reflect.Map && v.Type().Elem().Kind() == reflect.Struct:
		for it := v.MapRange(); it.Next(); {
			flattenInto(values, append(slices.Clone(path), it.Key().String()), it.Value())
		}
	default:
		values[path.String()] = v.Interface()
	}
}
