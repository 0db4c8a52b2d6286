package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReliabilityPage holds docs/reliability.md to the tests there are. A test
// says in the comment above it which rows it shows, in parentheses.
func TestReliabilityPage(t *testing.T) {
	t.Parallel()
	shown, err := testsOfFaults("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, complaint := range complaints(shown, faultsNotShown) {
		t.Error(complaint)
	}
	if t.Failed() {
		return
	}
	path := filepath.Join("..", "..", "docs", "reliability.md")
	want := reliabilityPage(shown)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if page, err := os.ReadFile(path); err != nil || string(page) != want {
		t.Errorf("docs/reliability.md is not what the tests say (%v): go test ./cmd/deskpost -run Reliability -update", err)
	}
}

// TestReliabilityComplaints keeps the check itself from going blind.
func TestReliabilityComplaints(t *testing.T) {
	t.Parallel()
	all := make(map[string][]string)
	for id := range faultsByID() {
		all[id] = []string{"a.TestA"}
	}
	if got := complaints(all, nil); len(got) > 0 {
		t.Fatalf("all rows have a test: %q", got)
	}
	for name, test := range map[string]struct {
		spoil  func(shown map[string][]string)
		reason map[string]string
		want   string
	}{
		"neither":         {func(s map[string][]string) { delete(s, "F20") }, nil, "F20 has neither"},
		"both":            {func(map[string][]string) {}, map[string]string{"F20": "x"}, "F20 has a test"},
		"no such row":     {func(s map[string][]string) { s["F42"] = []string{"a.TestA"} }, nil, "a.TestA names F42"},
		"reason, no row":  {func(map[string][]string) {}, map[string]string{"F42": "x"}, "reason for F42"},
		"empty reason":    {func(s map[string][]string) { delete(s, "F20") }, map[string]string{"F20": ""}, "F20 has neither"},
		"reason is fine ": {func(s map[string][]string) { delete(s, "F20") }, map[string]string{"F20": "x"}, ""},
	} {
		shown := maps.Clone(all)
		test.spoil(shown)
		got := strings.Join(complaints(shown, test.reason), "\n")
		if !strings.Contains(got, test.want) || (test.want == "") != (got == "") {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	shell := "# one of (F03)\n\nbroken() {\n}\n# Kills it (F03, F27).\n# More.\nkilled() {\n"
	if got := shellTests(".ci/x.sh", shell); fmt.Sprint(got) != "map[F03:[.ci/x.sh: killed] F27:[.ci/x.sh: killed]]" {
		t.Errorf("in a shell script: %v", got)
	}
}

// complaints are the rows without a test or a reason, and the names of rows
// that do not exist.
func complaints(shown map[string][]string, reasons map[string]string) []string {
	var list []string
	known := faultsByID()
	for _, id := range slices.Sorted(maps.Keys(known)) {
		switch tests := shown[id]; {
		case len(tests) == 0 && reasons[id] == "":
			list = append(list, fmt.Sprintf("%s has neither a test nor a reason why not", id))
		case len(tests) > 0 && reasons[id] != "":
			list = append(list, fmt.Sprintf("%s has a test (%s): remove its line from faultsNotShown", id, tests[0]))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(shown)) {
		if _, ok := known[id]; !ok {
			list = append(list, fmt.Sprintf("%s names %s, and there is no such row", shown[id][0], id))
		}
	}
	for id := range reasons {
		if _, ok := known[id]; !ok {
			list = append(list, fmt.Sprintf("there is a reason for %s, and no such row", id))
		}
	}
	for _, p := range promises {
		for _, id := range p.rows {
			if _, ok := known[id]; !ok {
				list = append(list, fmt.Sprintf("%s names %s, and there is no such row", p.id, id))
			}
		}
	}
	return list
}

func faultsByID() map[string]fault {
	known := make(map[string]fault)
	for _, group := range faultGroups {
		for _, f := range group.faults {
			known[f.id] = f
		}
	}
	return known
}

// testsOfFaults finds the tests of the module below root by the rows they name.
func testsOfFaults(root string) (map[string][]string, error) {
	shown := make(map[string][]string)
	add := func(found map[string][]string) {
		for id, tests := range found {
			shown[id] = append(shown[id], tests...)
		}
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.Name() == ".git" {
				return fs.SkipDir
			}
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		inCI := strings.HasPrefix(name, ".ci/") && strings.HasSuffix(name, ".sh")
		if !inCI && !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if inCI {
			add(shellTests(name, string(source)))
			return nil
		}
		found, err := goTests(name, source)
		add(found)
		return err
	})
	for _, tests := range shown {
		slices.Sort(tests)
	}
	return shown, err
}

var (
	rowsNamed  = regexp.MustCompile(`\((F\d\d(?:, F\d\d)*)\)`)
	shellBegin = regexp.MustCompile(`^([a-z_][a-z0-9_]*)\(\) \{`)
)

// rowsIn are the rows that a comment names, each once.
func rowsIn(comment string) []string {
	var ids []string
	for _, found := range rowsNamed.FindAllStringSubmatch(strings.Join(strings.Fields(comment), " "), -1) {
		ids = append(ids, strings.Split(found[1], ", ")...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// goTests reads the comments above Test functions.
func goTests(name string, source []byte) (map[string][]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	found := make(map[string][]string)
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") {
			continue
		}
		for _, id := range rowsIn(f.Doc.Text()) {
			found[id] = append(found[id], filepath.ToSlash(filepath.Dir(name))+"."+f.Name.Name)
		}
	}
	return found, nil
}

// shellTests reads the comments directly above functions.
func shellTests(name, source string) map[string][]string {
	found := make(map[string][]string)
	comment := ""
	for line := range strings.Lines(source) {
		if text, ok := strings.CutPrefix(line, "#"); ok {
			comment += text
			continue
		}
		if begin := shellBegin.FindStringSubmatch(line); begin != nil {
			for _, id := range rowsIn(comment) {
				found[id] = append(found[id], name+": "+begin[1])
			}
		}
		comment = ""
	}
	return found
}

const reliabilityHead = `<!-- Written by ` + "`go test ./cmd/deskpost -run Reliability -update`" + `; change the tables in
     cmd/deskpost/reliability_rows_test.go or the comments of the tests instead. -->

# What can go wrong, and what shows that it does no harm

A help desk that loses a mail, or sends one twice, is worse than none. This page
says what the desk promises, which faults were thought of, and which test brings
each of them about. A test names its rows in the comment above it, and this page is
written from those comments, so it can not claim what nothing shows.

Run a test by its name, such as ` + "`go test ./inbound -run TestCutLine`" + `; those of
` + "`.ci`" + ` need Postfix and Dovecot and run with ` + "`.ci/run`" + `.

## Promises

| | promise | shown by |
| --- | --- | --- |
`

func reliabilityPage(shown map[string][]string) string {
	var b strings.Builder
	b.WriteString(reliabilityHead)
	for _, p := range promises {
		by := strings.Join(p.rows, ", ")
		if n := len(p.rows); n > 2 {
			by = p.rows[0] + " to " + p.rows[n-1]
		}
		if p.also != "" {
			by = strings.TrimPrefix(by+". "+p.also, ". ")
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", p.id, p.says, by)
	}
	b.WriteString("\n## Faults\n")
	for _, group := range faultGroups {
		fmt.Fprintf(&b, "\n### %s\n\n| | what goes wrong | what must come out | shown by |\n| --- | --- | --- | --- |\n", group.title)
		for _, f := range group.faults {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", f.id, f.goesWrong, f.mustComeOut, proofOf(f, shown[f.id]))
		}
	}
	return b.String()
}

// proofOf is the last cell of a row: the tests, or why there are none.
func proofOf(f fault, tests []string) string {
	if len(tests) == 0 {
		return "Not shown: " + faultsNotShown[f.id] + "."
	}
	proof := "`" + strings.Join(tests, "`, `") + "`"
	if f.remark != "" {
		proof += ". " + f.remark
	}
	return proof
}
