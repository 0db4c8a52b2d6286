package templates

import (
	"bytes"
	htmltemplate "html/template"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// What agents write on the page is Markdown (CommonMark 0.31 with the tables,
// struck words and bare links of GitHub). HTML in it is left out, a line break is
// one, and nothing is loaded from elsewhere: an image becomes a link to it.
var (
	markdownReader = goldmark.New(
		goldmark.WithExtensions(extension.Strikethrough, extension.Linkify,
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(modest{}, 100))),
		goldmark.WithRendererOptions(html.WithHardWraps()),
	)
	markdownGuard = newMarkdownGuard()
)

// headingBelow is how much deeper headings in a text are than they say: on the page
// the text stands below two of its own.
const headingBelow = 2

// modest makes of a text what may stand within another page.
type modest struct{}

// Transform implements parser.ASTTransformer.
func (modest) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	var images []*ast.Image
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function has no error to return
		switch n := n.(type) {
		case *ast.Heading:
			if entering {
				n.Level = min(6, n.Level+headingBelow)
			}
		case *ast.Image:
			if entering {
				images = append(images, n)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, image := range images {
		replaceImage(image)
	}
}

// replaceImage puts a link to an image in its place, or within a link its words.
func replaceImage(image *ast.Image) {
	parent := image.Parent()
	link := ast.NewLink()
	link.Destination = image.Destination
	for c := image.FirstChild(); c != nil; c = image.FirstChild() {
		link.AppendChild(link, c)
	}
	if link.FirstChild() == nil {
		link.AppendChild(link, ast.NewString(util.EscapeHTML(image.Destination)))
	}
	for above := parent; above != nil; above = above.Parent() {
		if above.Kind() == ast.KindLink || above.Kind() == ast.KindAutoLink {
			for c := link.FirstChild(); c != nil; c = link.FirstChild() {
				parent.InsertBefore(parent, image, c)
			}
			parent.RemoveChild(parent, image)
			return
		}
	}
	parent.ReplaceChild(parent, image, link)
}

// newMarkdownGuard lets through what the reader above writes, and nothing else,
// should it ever be wrong.
func newMarkdownGuard() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "li",
		"h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowElements("ol")
	p.AllowAttrs("align").Matching(bluemonday.CellAlign).OnElements("th", "td")
	p.AllowElements("th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return p
}

// markdown is a text as HTML for the page.
func markdown(source string) (htmltemplate.HTML, error) {
	return rendered(source, pageTags)
}

// mailMarkdown is a text as HTML for a mail, which has its style in every element:
// many mail programs know no other.
func mailMarkdown(source string) (htmltemplate.HTML, error) {
	return rendered(source, mailTags)
}

func rendered(source string, tags *strings.Replacer) (htmltemplate.HTML, error) {
	var out bytes.Buffer
	source = block(source)
	if excessive(source) {
		return htmltemplate.HTML(tags.Replace(markdownGuard.Sanitize(unread(source)))), nil
	}
	if err := markdownReader.Convert([]byte(source), &out); err != nil {
		return "", err
	}
	// What is guarded holds a "<" only where a tag begins, so that tags can be
	// replaced as words.
	return htmltemplate.HTML(tags.Replace(markdownGuard.Sanitize(out.String()))), nil
}

// Limits of a text that is read as Markdown. Beyond them the reader takes time that
// grows with the square of the text.
const (
	maxBrackets = 5000
	maxNesting  = 64 // of quotes and lists that one line begins
)

// excessive reports whether a text is beyond these limits, as no person writes.
func excessive(source string) bool {
	if strings.Count(source, "[") > maxBrackets {
		return true
	}
	for line := range strings.SplitSeq(source, "\n") {
		words := strings.TrimLeft(line, " \t>-+*.)0123456789")
		marks := strings.ReplaceAll(strings.ReplaceAll(line[:len(line)-len(words)], " ", ""), "\t", "")
		across := strings.Trim(marks, "-") == "" || strings.Trim(marks, "*") == "" // a line, and no nested lists
		if len(marks) > maxNesting && !across {
			return true
		}
	}
	return false
}

// unread is a text as HTML without a mark of it being read.
func unread(source string) string {
	var out strings.Builder
	for _, paragraph := range paragraphs(source) {
		out.WriteString("<p>" + strings.ReplaceAll(htmltemplate.HTMLEscapeString(strings.Join(paragraph, "\n")), "\n", "<br>\n") + "</p>\n")
	}
	return out.String()
}

// In both, each paragraph has the direction of its own words.
var (
	pageTags = strings.NewReplacer("<p>", `<p dir="auto">`, "<li>", `<li dir="auto">`, "<blockquote>", `<blockquote dir="auto">`,
		"<h3>", `<h3 dir="auto">`, "<h4>", `<h4 dir="auto">`, "<h5>", `<h5 dir="auto">`, "<h6>", `<h6 dir="auto">`,
		// It may be wider than the page, and is then moved by keyboard.
		"<pre>", `<pre tabindex="0">`, "<table>", `<div class="wide" tabindex="0"><table>`, "</table>", "</table></div>")
	mailTags = strings.NewReplacer("<p>", `<p dir="auto" style="margin:0 0 16px;overflow-wrap:anywhere">`,
		"<li>", `<li dir="auto" style="margin:0 0 4px">`, "<ul>", `<ul style="margin:0 0 16px;padding:0 0 0 24px">`,
		"<ol", `<ol style="margin:0 0 16px;padding:0 0 0 28px"`,
		"<blockquote>", `<blockquote dir="auto" style="margin:0 0 16px;padding:0 0 0 14px;border-left:3px solid #767676">`,
		"<h3>", `<h3 dir="auto" style="margin:20px 0 8px;font-size:20px">`, "<h4>", `<h4 dir="auto" style="margin:20px 0 8px;font-size:18px">`,
		"<h5>", `<h5 dir="auto" style="margin:16px 0 8px;font-size:16px">`, "<h6>", `<h6 dir="auto" style="margin:16px 0 8px;font-size:16px">`,
		"<code>", `<code style="font-family:ui-monospace,Menlo,Consolas,monospace;font-size:14px">`,
		"<pre>", `<pre style="margin:0 0 16px;padding:8px 12px;border:1px solid #767676;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere">`,
		"<table>", `<table cellpadding="0" cellspacing="0" style="margin:0 0 16px;border-collapse:collapse">`,
		"<th>", cell("th"), "<th ", cell("th")[:len(cell("th"))-1]+" ", "<td>", cell("td"), "<td ", cell("td")[:len(cell("td"))-1]+" ",
		"<hr>", `<hr style="margin:16px 0;border:0;border-top:1px solid #767676">`)
)

func cell(tag string) string {
	return "<" + tag + ` style="padding:4px 10px;border:1px solid #767676">`
}
