package safehtml

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// options are those of a mail with one picture.
func options(remote bool) Options {
	return Options{Remote: remote, Picture: func(id string) string {
		if id == "logo@bank.example" {
			return "/pictures/logo"
		}
		return ""
	}}
}

func clean(t testing.TB, source string, remote bool) Page {
	t.Helper()
	page, err := Clean(source, options(remote))
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// TestClean: what a letter is made of stays, and everything else goes.
func TestClean(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, want string }{
		"words":               {`<p>Hello <b>Jane</b> &amp; John &lt;3</p>`, `<p>Hello <b>Jane</b> &amp; John &lt;3</p>`},
		"not closed":          {`<div><b>bold`, `<div><b>bold</b></div>`},
		"a whole document":    {`<!DOCTYPE html><html><head><title>x</title><meta charset=utf-8></head><body bgcolor="#eee"><p>y</p></body></html>`, `<div bgcolor="#eee"><p>y</p></div>`},
		"head not closed":     {`<head><style>p{}</style><body>words`, `<div>words</div>`},
		"a table":             {`<table width="600" cellpadding=0 border=0 onclick=x><tr><td colspan="2" align=center background="https://a.example/b.png">x</td></tr></table>`, `<table width="600" cellpadding="0" border="0"><tr><td colspan="2" align="center">x</td></tr></table>`},
		"font":                {`<font color="red" size=+1 face="Arial, sans-serif">x</font>`, `<font color="red" size="+1" face="Arial, sans-serif">x</font>`},
		"a script":            {`a<script>alert(1)</script>b`, `ab`},
		"a script in words":   {`a<scr<script></script>ipt>alert(1)</script>`, `aipt&gt;alert(1)`},
		"a handler":           {`<p onclick="x" OnMouseOver=y>z</p>`, `<p>z</p>`},
		"a form":              {`<form action="https://a.example"><label>Name</label><input name=a><button>Go</button></form>`, `NameGo`},
		"a picture drawn":     {`a<svg><a href="javascript:x"><text>y</text></a></svg>b`, `ab`},
		"another document":    {`a<iframe src="https://a.example"></iframe><object data=x>y</object>b`, `ab`},
		"a comment":           {`a<!-- x --><!--[if mso]><p>Outlook</p><![endif]-->b`, `ab`},
		"an unknown element":  {`<o:p>x</o:p><blink>y</blink>`, `xy`},
		"a refresh":           {`<meta http-equiv="refresh" content="0; url=https://a.example"><base href="https://a.example/">x`, `x`},
		"classes and ids":     {`<p id="main" class="entry" name="x" style="">y</p>`, `<p>y</p>`},
		"written from right":  {`<p dir="RTL" lang=he>x</p>`, `<p dir="RTL" lang="he">x</p>`},
		"nested in nothing":   {`<span><b><span style="color:red">x</span></b></span>`, `<span><b><span style="color: red">x</span></b></span>`},
		"an end without head": {`</div></body></html>x`, `x`},
	} {
		if got := clean(t, c.source, true).HTML; got != c.want {
			t.Errorf("%s: %s becomes\n%s, want\n%s", name, c.source, got, c.want)
		}
	}
}

// TestLinks: a link leads to the web, a mail or a telephone, and to a window of
// its own.
func TestLinks(t *testing.T) {
	t.Parallel()
	const attributes = ` target="_blank" rel="nofollow noreferrer noopener"`
	for address, want := range map[string]string{
		"https://bank.example/a?b=c&amp;d=e#f": "https://bank.example/a?b=c&amp;d=e#f",
		" http://bank.example/ ":               "http://bank.example/",
		"HTTPS://bank.example":                 "https://bank.example",
		"https://bank.example/two words":       "https://bank.example/two%20words",
		"mailto:dora@customer.example":         "mailto:dora@customer.example",
		"tel:+49-30-1234":                      "tel:+49-30-1234",
		"javascript:alert(1)":                  "",
		" java\tscript:alert(1)":               "",
		"&#106;avascript:alert(1)":             "",
		"data:text/html,x":                     "",
		"vbscript:x":                           "",
		"file:///etc/passwd":                   "",
		"cid:logo@bank.example":                "",
		"/tickets/1001":                        "",
		"//evil.example/":                      "",
		`https:\\evil.example/`:                "",
		"https://bank.example@evil.example/":   "",
		"https:evil.example":                   "",
		"#top":                                 "",
		"":                                     "",
		"https://bank.example/" + strings.Repeat("a", maxAddress): "",
	} {
		wanted := "<a>x</a>"
		if want != "" {
			wanted = `<a href="` + want + `"` + attributes + `>x</a>`
		}
		source := fmt.Sprintf(`<a target=_top rel=opener ping="https://a.example" download href="%s" href="https://second.example">x</a>`, address)
		if got := clean(t, source, true).HTML; got != wanted {
			t.Errorf("%s becomes\n%s, want\n%s", source, got, wanted)
		}
	}
}

// TestPictures: what came with the mail is shown, what is elsewhere only if it was
// asked for, and by https.
func TestPictures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address       string
		local, remote string // the address that stays without and with Remote
		withheld      [2]int
	}{
		{"cid:logo@bank.example", "/pictures/logo", "/pictures/logo", [2]int{}},
		{"CID:logo%40bank.example", "/pictures/logo", "/pictures/logo", [2]int{}},
		{"cid:<logo@bank.example>", "/pictures/logo", "/pictures/logo", [2]int{}},
		{"cid:another@bank.example", "", "", [2]int{}},
		{"https://shop.example/a.png?b=1&amp;c=2", "", "https://shop.example/a.png?b=1&amp;c=2", [2]int{1, 0}},
		{"//shop.example/a.png", "", "https://shop.example/a.png", [2]int{1, 0}},
		{"http://shop.example/a.png", "", "", [2]int{1, 1}},
		{"https://a:b@shop.example/a.png", "", "", [2]int{}},
		{"/tickets/1001", "", "", [2]int{}},
		{"data:image/png;base64,AAAA", "", "", [2]int{}},
		{"data:image/svg+xml,<svg onload=x>", "", "", [2]int{}},
		{"javascript:alert(1)", "", "", [2]int{}},
		{"file:///etc/passwd", "", "", [2]int{}},
		{"", "", "", [2]int{}},
	} {
		source := fmt.Sprintf(`<img alt="a picture" width=1 onerror=x srcset="https://a.example/b 2x" src="%s" src="https://second.example/c">`, c.address)
		for i, want := range []string{c.local, c.remote} {
			page := clean(t, source, i == 1)
			wanted := `<img alt="a picture" width="1"`
			if want != "" {
				wanted += ` src="` + want + `"`
			}
			if page.HTML != wanted+"/>" || page.Withheld != c.withheld[i] {
				t.Errorf("%s becomes\n%s, %d withheld, want\n%s/>, %d", source, page.HTML, page.Withheld, wanted, c.withheld[i])
			}
		}
	}
}

// TestStyles: a style says how words look, and not where they are or what is
// loaded.
func TestStyles(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(properties) {
		t.Fatal("the properties are not in the order in which they are searched")
	}
	for style, want := range map[string]string{
		"color:red": "color: red",
		"COLOR : #FF0000 !important;;margin:0 auto":                        "color: #ff0000; margin: 0 auto",
		"background:#fff url(https://a.example/b.png)":                     "",
		"background:rgba(0, 0, 0, .5)":                                     "background: rgba(0, 0, 0, .5)",
		`font-family:'Segoe UI', "Arial";font:12px/1.5 Arial`:              "font-family: segoe ui, arial; font: 12px/1.5 arial",
		"position:fixed;top:0;left:0;z-index:99;color:red":                 "color: red",
		"transform:scale(9);animation:x 1s;content:'x';opacity:0":          "",
		`color:expression(alert(1))`:                                       "",
		`background-image:url(https://a.example/b)`:                        "",
		`width:calc(1px + 2px);color:var(--x)`:                             "",
		`color:r\65 d`:                                                     "",
		`color:/**/red`:                                                    "",
		`co/**/lor:red;background:url/**/(x)`:                              "",
		`color:red;}body{color:blue`:                                       "color: red",
		`-moz-binding:url(x);behavior:url(x)`:                              "",
		`font-family:'a;position:fixed;color:red'`:                         "font-family: a",
		`color:rgb(1,2,3);background-color:hsl(120deg 50% 50% / 1)`:        "color: rgb(1,2,3); background-color: hsl(120deg 50% 50% / 1)",
		`background:image-set(rgb(1,2,3))`:                                 "",
		`color:` + strings.Repeat("a", maxValue+1):                         "",
		strings.Repeat("color:red;", maxStyle/10+1):                        "",
		"width:1px\n2px\f":                                                 "width: 1px 2px",
		"color:@import 'https://a.example';display:none;mso-hide:all":      "display: none",
		"border:1px solid;\u00a0color:red;line-height:120%;text-align:end": "border: 1px solid; color: red; line-height: 120%; text-align: end",
	} {
		if got := cleanStyle(style); got != want {
			t.Errorf("%q becomes %q, want %q", style, got, want)
		}
		wanted := "<p>x</p>"
		if want != "" {
			wanted = `<p style="` + want + `">x</p>`
		}
		if got := clean(t, `<p style="`+strings.ReplaceAll(style, `"`, "&quot;")+`">x</p>`, true).HTML; got != wanted {
			t.Errorf("%q becomes %s, want %s", style, got, wanted)
		}
	}
}

// TestTooMuch: what is beyond all measure is read as far as the measure goes.
func TestTooMuch(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"long":        strings.Repeat("<p>word</p>", 1<<20),
		"deep":        strings.Repeat("<div>", 1_000_000) + "end",
		"many":        strings.Repeat("<b>", 100_000) + strings.Repeat("</b>", 100_000),
		"attributes":  "<p " + strings.Repeat("a=b ", 500_000) + ">x",
		"styles":      strings.Repeat(`<p style="`+strings.Repeat("color:red;", 500)+`">x`, 300),
		"quotes":      `<a href="` + strings.Repeat("&quot;", 100_000),
		"formatting":  strings.Repeat("<b><i><u><font color=red><p>", 20_000),
		"tables":      strings.Repeat("<table><tr><td>", 50_000),
		"not a word":  strings.Repeat("\x00\xff<", 100_000),
		"open a link": strings.Repeat("<a href=https://a.example/>", 100_000),
	} {
		if got := clean(t, source, true).HTML; len(got) > 5*len(source) || len(got) > 5*maxBytes {
			t.Errorf("%s: %d bytes become %d", name, len(source), len(got))
		}
	}
}
