package safehtml

import (
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
)

// What attributes may say.
var (
	aLength    = regexp.MustCompile(`^[0-9]{1,5}(?:\.[0-9]{1,3})?(?:%|px)?$`)
	aNumber    = regexp.MustCompile(`^-?[0-9]{1,5}$`)
	aSize      = regexp.MustCompile(`^[+-]?[0-9]{1,2}$`)
	aColour    = regexp.MustCompile(`^#?[0-9A-Za-z]{1,30}$`)
	aWord      = regexp.MustCompile(`^[A-Za-z]{1,20}$`)
	aDirection = regexp.MustCompile(`(?i)^(?:ltr|rtl|auto)$`)
	aLanguage  = regexp.MustCompile(`^[A-Za-z0-9-]{1,35}$`)
	aFace      = regexp.MustCompile(`^[\p{L}\p{N} ,'-]{1,200}$`)
	aText      = regexp.MustCompile(`^[^\x00-\x08\x0b\x0c\x0e-\x1f]{0,1000}$`)
	aBlank     = regexp.MustCompile(`^_blank$`)
	aRelation  = regexp.MustCompile(`^` + linkRelation + `$`)
	aStyle     = regexp.MustCompile(`^[a-z-]+: [a-z0-9#%.,+ _/()-]+(?:; [a-z-]+: [a-z0-9#%.,+ _/()-]+)*$`) // as cleanStyle writes it
)

// elements are what a letter is made of.
var elements = strings.Fields(`
	a abbr acronym address article aside b bdi big blockquote br caption center cite code col colgroup dd del dfn div dl dt
	em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q s samp section
	small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var wbr`)

// policy is the list of what stays.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowNoAttrs().OnElements(elements...) // else an end tag may be taken from the wrong one
	p.AllowAttrs("style").Matching(aStyle).Globally()
	p.AllowAttrs("dir").Matching(aDirection).Globally()
	p.AllowAttrs("lang").Matching(aLanguage).Globally()
	p.AllowAttrs("title").Matching(aText).Globally()

	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("target").Matching(aBlank).OnElements("a")
	p.AllowAttrs("rel").Matching(aRelation).OnElements("a")
	p.AllowAttrs("src").OnElements("img")
	p.AllowAttrs("alt").Matching(aText).OnElements("img")
	p.AllowAttrs("border", "hspace", "vspace").Matching(aLength).OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowRelativeURLs(true) // pictures that came with the mail; cleaner.link lets no link be relative

	p.AllowAttrs("align", "valign").Matching(aWord).OnElements("caption", "col", "colgroup", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
		"img", "p", "table", "tbody", "td", "tfoot", "th", "thead", "tr")
	p.AllowAttrs("width", "height").Matching(aLength).OnElements("col", "colgroup", "hr", "img", "table", "td", "th", "tr")
	p.AllowAttrs("bgcolor", "bordercolor").Matching(aColour).OnElements("div", "table", "tbody", "td", "tfoot", "th", "thead", "tr")
	p.AllowAttrs("border", "cellpadding", "cellspacing").Matching(aLength).OnElements("table")
	p.AllowAttrs("colspan", "rowspan", "span").Matching(aNumber).OnElements("col", "colgroup", "td", "th")
	p.AllowAttrs("color").Matching(aColour).OnElements("font", "hr")
	p.AllowAttrs("face").Matching(aFace).OnElements("font")
	p.AllowAttrs("size").Matching(aSize).OnElements("font", "hr")
	p.AllowAttrs("start", "value").Matching(aNumber).OnElements("li", "ol")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^(?:[1aAiI]|disc|circle|square)$`)).OnElements("li", "ol", "ul")
	p.AllowAttrs("scope").Matching(aWord).OnElements("td", "th")
	return p
})
