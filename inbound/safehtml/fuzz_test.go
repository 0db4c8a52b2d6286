package safehtml

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"deskpost/inbound/mime"
)

// FuzzClean: whatever came, a browser that reads the result by the rules of
// browsers finds nothing in it that is not on the lists.
func FuzzClean(f *testing.F) {
	for _, source := range []string{
		`<p style="color:red;background:url(x)">Hello <a href="https://bank.example/?a=b&amp;c">x</a><img src="cid:logo@bank.example"><img src=https://a.example/b>`,
		`<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>`, `<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`,
		`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `<a href="jav&#x09;ascript:alert(1)">x</a>`, `<title></title><img src=x onerror=a>`,
		`<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`, `<img"x"onerror=y src=//a.example>`, `<a/href=x/style=y:z>`,
		`<textarea></textarea><script>x</script>`, `<plaintext>x<script>`, `<xmp></xmp><img/src/onerror=x>`, `<!--><img src=x onerror=y>-->`,
		`<select><style></select><img src=x onerror=y></style>`, `<table><td><a style="width:1px;position:fixed"></table></a><b><p></b>`,
		`<p style="font-family:'a;}';color:rgb(1,2,3)!important" dir=rtl title="&quot;onclick=x">`, "<p style='color:\x00red\u2028'>", `<img src="https://a.example/ onerror=x">`,
	} {
		f.Add(source, true)
		f.Add(source, false)
	}
	f.Fuzz(func(t *testing.T, source string, remote bool) { check(t, source, remote) })
}

// TestCorpus cleans the bodies that sanitisers were once beaten with.
func TestCorpus(t *testing.T) {
	t.Parallel()
	bodies := corpus(t, "open/hostile-html/test/fixtures", ".html")
	if len(bodies) < 100 {
		t.Fatalf("the corpus has only %d hostile bodies", len(bodies))
	}
	for _, body := range bodies {
		check(t, body, true)
		check(t, body, false)
	}
}

// corpus reads the files of a part of the corpus that end as given.
func corpus(t testing.TB, part, ending string) []string {
	t.Helper()
	root := os.Getenv("DESKPOST_SHARED")
	switch {
	case root == "" && os.Getenv("CI") == "true":
		t.Fatal("DESKPOST_SHARED names no corpus, which CI must not do without")
	case root == "":
		t.Skip("DESKPOST_SHARED names no corpus")
	}
	var found []string
	err := filepath.WalkDir(filepath.Join(root, "corpus", part), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ending) {
			return err
		}
		raw, err := os.ReadFile(path)
		found = append(found, string(raw))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// check reads the result as browsers do, which repair what is badly nested, and
// looks at all that is then in it.
func check(t *testing.T, source string, remote bool) {
	t.Helper()
	got := clean(t, source, remote).HTML
	tree, err := html.Parse(strings.NewReader(got))
	if err != nil {
		t.Skipf("the parser of browsers gives up: %v", err) // past its own limit of depth
	}
	for n := range tree.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if !slices.Contains(elements, n.Data) && !slices.Contains([]string{"html", "head", "body"}, n.Data) || n.Namespace != "" {
			t.Errorf("%q becomes %q, which has the element %s %s", source, got, n.Namespace, n.Data)
		}
		if to := mime.Attribute(n, "href"); to != "" && (mime.Attribute(n, "rel") != linkRelation || mime.Attribute(n, "target") != "_blank") {
			t.Errorf("%q becomes %q, with a link that opens here", source, got)
		}
		for _, a := range n.Attr {
			if !harmless(n.Data, a, remote) {
				t.Errorf("%q becomes %q, which has the attribute %s of %s", source, got, a.Key, n.Data)
			}
		}
	}
}

var (
	plainAttributes = strings.Fields("align alt bgcolor border bordercolor cellpadding cellspacing color colspan dir face height hspace " +
		"lang rel rowspan scope size span start target title type valign value vspace width")
	goodLink  = regexp.MustCompile(`^(?:https?://[^/\\?#@]|mailto:|tel:)`)
	badStyle  = regexp.MustCompile(`(?i)(?:url|expression|image-set|var|calc) *\(|(?:^|; *)(?:position|z-index|transform|content)|[@\\*<>{}"']`)
	goodShown = "/pictures/logo"
)

// harmless says what an attribute may be, in other words than the policy.
func harmless(element string, a html.Attribute, remote bool) bool {
	switch a.Key {
	case "href":
		return element == "a" && goodLink.MatchString(a.Val)
	case "src":
		return element == "img" && (a.Val == goodShown || remote && strings.HasPrefix(a.Val, "https://"))
	case "style":
		return !badStyle.MatchString(a.Val)
	}
	return slices.Contains(plainAttributes, a.Key)
}
