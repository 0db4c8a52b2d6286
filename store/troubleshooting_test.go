package store

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite generated parts of the documentation")

// TestDocsListEveryFinding holds docs/troubleshooting.md to the kinds of
// findings, and the list of kinds to those that checks use.
func TestDocsListEveryFinding(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "docs", "troubleshooting.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "-update` -->\n", "<!-- end of findings -->"
	head, rest, ok := strings.Cut(string(page), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("docs/troubleshooting.md has lost its marks")
	}
	want := head + begin + findingTable() + end + tail
	if want == string(page) {
		return
	}
	if !*update {
		t.Fatal("docs/troubleshooting.md does not list the findings as they are: go test ./store -run Docs -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func findingTable() string {
	var b strings.Builder
	for _, k := range findingKinds {
		remark := ""
		if k.Remark {
			remark = " (a remark)"
		}
		fmt.Fprintf(&b, "\n### %s%s\n\n%s\n\n**Mend:** %s.\n", k.Code, remark, k.Means, k.Mend)
	}
	return b.String() + "\n"
}

// TestFindingKinds demands that each kind says all it has to, under a code of
// its own.
func TestFindingKinds(t *testing.T) {
	t.Parallel()
	codes := map[string]bool{}
	for _, k := range findingKinds {
		if k.Means == "" || k.Mend == "" || codes[k.Code] {
			t.Errorf("%+v", k)
		}
		codes[k.Code] = true
	}
}
