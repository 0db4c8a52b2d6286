package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSampleIsValid: who fills in the password file has a config that works.
func TestSampleIsValid(t *testing.T) {
	t.Parallel()
	s := parse(t, source(configDir(t), sampleConfig()))
	if got, err := s.Mailboxes[0].Password(); got != "s3cret" || err != nil {
		t.Errorf("password %q, %v", got, err)
	}
	if diff := cmp.Diff(len(s.Policy.Roles["trainee"].Rights), 2); diff != "" {
		t.Errorf("rights of the role in the sample: %s", diff)
	}
}

// uncommented is the sample with every default written out.
func uncommented() string {
	return regexp.MustCompile(`(?m)^#([a-z_]+ = |\[webhook\.)`).ReplaceAllString(sampleConfig(), "$1")
}

// TestSampleShowsDefaults: what the sample shows as a default is one, so that
// writing all of them out changes nothing.
func TestSampleShowsDefaults(t *testing.T) {
	t.Parallel()
	dir := configDir(t)
	silent, spoken := parse(t, source(dir, sampleConfig())).raw.flatten(), parse(t, source(dir, uncommented())).raw.flatten()
	maps.DeleteFunc(spoken, func(key string, _ any) bool { return strings.HasPrefix(key, "webhook.") }) // a table that is a comment has no defaults
	if diff := cmp.Diff(silent, spoken, cmp.AllowUnexported(secret{}), emptyLists()); diff != "" {
		t.Errorf("the sample shows other defaults (-defaults +sample):\n%s", diff)
	}
}

// emptyLists takes a list that is not there for one that is empty.
func emptyLists() cmp.Option {
	return cmp.FilterValues(func(a, b []string) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore())
}

// TestSampleNamesEveryKey: no key can be added without a place in the sample.
func TestSampleNamesEveryKey(t *testing.T) {
	t.Parallel()
	index, fault := indexTOML([]byte(uncommented()))
	if fault != nil {
		t.Fatal(fault)
	}
	schema := configSchema()
	shown := map[string]bool{}
	for _, path := range index.order {
		shown[schema.general(path)] = true
	}
	for _, key := range allKeys(schema) {
		if !shown[key] {
			t.Errorf("%s is not in sample.toml", key)
		}
	}
}

// TestDeployedSample holds deploy/deskpost.toml to the sample.
func TestDeployedSample(t *testing.T) {
	t.Parallel()
	golden(t, "../../deploy/deskpost.toml", sampleConfig())
}

// TestTwoNodes holds the example of two nodes to what it says: one file for both,
// a PostgreSQL database, an echo, and names that come from the machines.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/two-nodes.toml")
	if err != nil {
		t.Fatal(err)
	}
	dir := configDir(t)
	if err := os.WriteFile(filepath.Join(dir, "database.password"), []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	s := parse(t, source(dir, string(text)))
	if !isPostgres(s.Database) || s.Policy.Echo != "support" || s.Node != host {
		t.Errorf("database %s, echo %q, node %q", s.Database, s.Policy.Echo, s.Node)
	}
	named := strings.Replace(string(text), `#node = "`, `node = "`, 1)
	if s := parse(t, source(dir, named)); s.Node != "desk-1" {
		t.Errorf("with the comment taken away the node is %q", s.Node)
	}
}

// allKeys lists every key that has a value, such as "mailbox.NAME.url".
func allKeys(k *configKey) []string {
	if k.each != nil && k.each.keys == nil || k.each == nil && k.keys == nil {
		return []string{""}
	}
	children := k.keys
	if k.each != nil {
		children = map[string]*configKey{"NAME": k.each}
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(children)) {
		for _, rest := range allKeys(children[name]) {
			all = append(all, strings.TrimSuffix(name+"."+rest, "."))
		}
	}
	return all
}

// TestReferencePage holds docs/config.md to the code: each key has a row in
// the table below the heading of its section, with its type and its default.
func TestReferencePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	schema := configSchema()
	rows := referenceRows(schema, string(page))
	index, fault := indexTOML([]byte(uncommented()))
	if fault != nil {
		t.Fatal(fault)
	}
	defaults := defaultsByKey(schema, index)
	for _, key := range allKeys(schema) {
		row, ok := rows[key]
		delete(rows, key)
		if !ok {
			t.Errorf("docs/config.md has no row for %s", key)
			continue
		}
		want := defaults[key]
		if row.fallback == "required" || row.fallback == "none" {
			want = strings.NewReplacer(`""`, row.fallback, "[]", row.fallback).Replace(want)
		}
		if want != "" && row.fallback != want {
			t.Errorf("docs/config.md: default of %s is %s, want %s", key, row.fallback, want)
		}
		if want := docType(schema, key); row.kind != want {
			t.Errorf("docs/config.md: type of %s is %q, want %q", key, row.kind, want)
		}
	}
	for key := range rows {
		t.Errorf("docs/config.md has a row for %s, which is no key", key)
	}
}

// TestReferenceExamples: the examples of the page have no wrong key or type.
func TestReferenceExamples(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```toml\n(.*?)^```").FindAllSubmatch(page, -1)
	if len(blocks) < 10 {
		t.Fatalf("found %d examples", len(blocks))
	}
	for _, block := range blocks {
		index, fault := indexTOML(block[1])
		if fault != nil {
			t.Errorf("%v in\n%s", fault, block[1])
			continue
		}
		c := newChecker(configSource{path: "docs/config.md"}, index)
		if c.decode(); len(c.faults) > 0 {
			t.Errorf("%v in\n%s", c.faults, block[1])
		}
	}
}

type referenceRow struct{ kind, fallback string }

// referenceRows reads "| `key` | type | default | ..." below "## [section]"
// headings; the first section is that of the top.
func referenceRows(schema *configKey, page string) map[string]referenceRow {
	rows := map[string]referenceRow{}
	section := ""
	heading := regexp.MustCompile("^## `\\[([a-zA-Z.]+)\\]`")
	row := regexp.MustCompile("^\\| `([a-z_]+)` \\| ([^|]+) \\| `?([^|`]+)`? \\|")
	for line := range strings.Lines(page) {
		if m := heading.FindStringSubmatch(line); m != nil {
			section = schema.general(strings.Split(m[1], ".")) + "."
		}
		if m := row.FindStringSubmatch(line); m != nil {
			rows[section+m[1]] = referenceRow{m[2], m[3]}
		}
	}
	return rows
}

// defaultsByKey writes the defaults as TOML, by general keys.
func defaultsByKey(schema *configKey, index *tomlIndex) map[string]string {
	defaults := map[string]string{}
	for key, value := range defaultConfig(index).flatten() {
		path := keyPath(strings.Split(key, "."))
		text := tomlValue(value)
		if list, ok := value.([]string); ok && len(list) == 0 {
			text = "[]"
		}
		defaults[schema.general(path)] = text
	}
	return defaults
}

func docType(schema *configKey, key string) string {
	k, _ := schema.find(strings.Split(key, "."))
	switch k.want {
	case wantTexts:
		return "list"
	case wantNumber:
		return "number"
	case wantTruth:
		return "true/false"
	case wantTable:
		return "table"
	}
	return "text"
}
