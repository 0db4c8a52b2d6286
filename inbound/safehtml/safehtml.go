// Package safehtml makes the HTML of a stranger's mail harmless to show.
//
// Clean keeps what a letter is made of: words, tables, colours, links and the
// pictures that came with it. What runs, loads, asks for input or leaves its
// place is left out, since only what is on a list stays. It works in two steps
// that do not trust each other: a pass over the tree decides about addresses and
// styles, and bluemonday then lets through only the elements and attributes that
// it knows. Time and memory are linear in the bytes of the mail.
//
// The result is still not for a page of the desk's own: it may end elements that
// it did not begin. It belongs into a document of its own, in a sandboxed frame
// with a policy of content that forbids the same things once more.
package safehtml

import (
	"fmt"
	"strings"

	"golang.org/x/net/html"

	"deskpost/inbound/mime"
)

// maxBytes is how much of a mail's HTML is read. mime.Limits is narrower for
// bytes as they came; a change of charset may treble them.
const maxBytes = 6 << 20

// Options say which pictures stay.
type Options struct {
	// Picture is where a browser finds the picture that came with the mail under
	// a Content-ID (without brackets), as a path on the desk's own host. "" leaves
	// it out, and so does a nil function.
	Picture func(contentID string) string

	// Remote keeps pictures on other hosts, by https only. Whoever sent the mail
	// learns from them that it is being read.
	Remote bool
}

// A Page is HTML that is harmless to show.
type Page struct {
	HTML     string
	Withheld int // pictures on other hosts that were left out; with Options.Remote those not by https
}

// Clean makes HTML harmless. It takes any bytes. The error is that of a tree
// that can not be written, which is a fault of this package.
func Clean(source string, o Options) (Page, error) {
	if len(source) > maxBytes {
		source = strings.ToValidUTF8(source[:maxBytes], "")
	}
	tree := mime.ParseHTML(source)
	c := cleaner{Options: o}
	c.children(tree)
	var out strings.Builder
	if err := html.Render(&out, tree); err != nil {
		return Page{}, fmt.Errorf("write the HTML of a mail: %w", err)
	}
	return Page{HTML: policy().Sanitize(out.String()), Withheld: c.withheld}, nil
}
