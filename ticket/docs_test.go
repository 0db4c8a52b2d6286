package ticket_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskpost/ticket"
)

var update = flag.Bool("update", false, "rewrite generated parts of the documentation")

// TestDocsListEveryVerb holds docs/commands.md to the table of verbs.
func TestDocsListEveryVerb(t *testing.T) {
	path := filepath.Join("..", "docs", "commands.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), "-update` -->\n")
	_, tail, ok2 := strings.Cut(rest, "<!-- end of verbs -->")
	if !ok || !ok2 {
		t.Fatal("docs/commands.md has lost its marks")
	}
	want := head + "-update` -->\n" + verbTable() + "<!-- end of verbs -->" + tail
	if want == string(page) {
		return
	}
	if !*update {
		t.Fatal("docs/commands.md does not list the verbs as they are: go test ./ticket -run Docs -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func verbTable() string {
	var b strings.Builder
	b.WriteString("\n| command | also | what it does | right |\n| --- | --- | --- | --- |\n")
	for _, v := range ticket.Verbs() {
		also := ""
		if len(v.Aliases) > 0 {
			also = "`#" + strings.Join(v.Aliases, "` `#") + "`"
		}
		args := strings.ReplaceAll(v.Args, "|", "\\|")
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", strings.TrimSpace("#"+v.Name+" "+args), also, v.Help, v.Right)
	}
	b.WriteString("\n")
	return b.String()
}
