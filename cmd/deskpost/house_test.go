package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// arrows are all imports between our own packages: the house as
// docs/architecture.md draws it. An arrow that is missing here is to be argued
// for there first; none may run back up.
var arrows = map[string][]string{
	"cmd/deskpost":     {"inbound", "inbound/imapbox", "inbound/memimap", "inbound/mime", "mailer", "mailer/memsmtp", "store", "store/s3blobs", "templates", "ticket", "ticket/calendar", "ticket/failpoint", "ticket/sla", "web", "web/api"},
	"mailer":           {"templates", "ticket", "ticket/failpoint"},
	"mailer/memsmtp":   {},
	"inbound":          {"inbound/imapbox", "inbound/mime", "inbound/safehtml", "inbound/trim", "ticket", "ticket/failpoint"},
	"inbound/imapbox":  {"ticket/failpoint"},
	"inbound/memimap":  {},
	"inbound/mime":     {},
	"inbound/safehtml": {"inbound/mime"},
	"inbound/trim":     {"inbound/mime"},
	"store":            {"ticket", "ticket/failpoint", "ticket/sla"},
	"store/s3blobs":    {"ticket"},
	"templates":        {"ticket"},
	"web":              {"inbound/mime", "templates", "ticket", "ticket/sla", "web/download", "web/request"},
	"web/api":          {"ticket", "ticket/sla", "web/download", "web/request"},
	"web/download":     {"ticket"},
	"web/request":      {},
	"ticket":           {"ticket/calendar", "ticket/command", "ticket/sla"},
	"ticket/calendar":  {},
	"ticket/command":   {},
	"ticket/failpoint": {},
	"ticket/sla":       {"ticket/calendar"},
	// What only tests may import, or what only tests are.
	"cmd/deskpost/ledgertest": {},
	"inbound/inboundtest":     {},
	"mailer/mailertest":       {},
	"store/enginetest":        {},
	"store/s3test":            {"store/s3blobs"},
	"store/storetest":         {"store", "store/enginetest", "ticket", "ticket/sla"},
	"ticket/sla/minutetest":   {},
	"ticket/sla/yeartest":     {"ticket/calendar", "ticket/sla", "ticket/sla/minutetest"},
	"web/browsertest":         {},
}

// outsiders are what the desk's own rules must never need: they would tie a
// decision to a way of transport, storage or display.
var outsiders = []string{"net", "net/", "database/", "html", "html/", "os/exec", "text/template"}

func TestArrowsPointDown(t *testing.T) {
	for pkg, files := range productFiles(t) {
		allowed, known := arrows[pkg]
		if !known {
			t.Errorf("package %s is not drawn in the house: add it to the map and to docs/architecture.md", pkg)
			continue
		}
		for path, file := range files {
			for _, spec := range file.Imports {
				imported := strings.Trim(spec.Path.Value, `"`)
				own, inside := strings.CutPrefix(imported, "deskpost/")
				switch {
				case inside && strings.HasSuffix(own, "test") && !strings.HasSuffix(pkg, "test"):
					t.Errorf("%s imports %s, which is for tests", path, imported)
				case inside && !slices.Contains(allowed, own):
					t.Errorf("%s imports %s: that arrow is not in the house", path, imported)
				case !inside && decides(pkg):
					checkDeskImport(t, path, imported)
				}
			}
		}
	}
}

// decides reports whether a package is of the part that decides and touches
// nothing.
func decides(pkg string) bool {
	return slices.Contains([]string{"ticket", "ticket/calendar", "ticket/command", "ticket/sla"}, pkg)
}

// checkDeskImport keeps the desk to the standard library, and to its quiet part.
func checkDeskImport(t *testing.T, path, imported string) {
	t.Helper()
	if strings.Contains(strings.Split(imported, "/")[0], ".") {
		t.Errorf("%s imports %s: the desk imports the standard library only", path, imported)
	}
	for _, o := range outsiders {
		if imported == o || strings.HasSuffix(o, "/") && strings.HasPrefix(imported, o) {
			t.Errorf("%s imports %s: the desk decides and touches nothing", path, imported)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for pkg, files := range productFiles(t) {
		var docs []string
		for _, file := range files {
			if file.Doc != nil {
				docs = append(docs, file.Doc.Text())
			}
		}
		if len(docs) != 1 {
			t.Errorf("package %s has %d package comments, want 1", pkg, len(docs))
			continue
		}
		name := filepath.Base(pkg)
		if want := "Package " + name + " "; pkg == "cmd/deskpost" {
			if !strings.HasPrefix(docs[0], "Command deskpost ") {
				t.Errorf("the program's comment begins %.40q", docs[0])
			}
		} else if !strings.HasPrefix(docs[0], want) {
			t.Errorf("the comment of %s begins %.40q, want %q", pkg, docs[0], want)
		}
	}
}

// TestDomainReadsNoClock keeps time an argument of everything that decides.
func TestDomainReadsNoClock(t *testing.T) {
	for pkg, files := range productFiles(t) {
		if !decides(pkg) && pkg != "templates" {
			continue
		}
		for path, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep"}, sel.Sel.Name) {
						t.Errorf("%s calls time.%s", path, sel.Sel.Name)
					}
				}
				return true
			})
		}
	}
}

// productFiles parses all Go files that are not tests, by package folder.
func productFiles(t *testing.T) map[string]map[string]*ast.File {
	t.Helper()
	root := filepath.Join("..", "..")
	found := map[string]map[string]*ast.File{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && rel != ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(rel))
		if found[pkg] == nil {
			found[pkg] = map[string]*ast.File{}
		}
		found[pkg][filepath.ToSlash(rel)] = file
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
