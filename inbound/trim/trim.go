// Package trim finds what the sender newly wrote.
//
// A reply carries the mail it answers, a signature, and what the client adds.
// trim separates these from the new words, in text and in HTML, for the common
// mail clients and a dozen languages. It errs on the side of keeping: only a
// quote at the end is cut, answers written between quoted lines stay with the
// lines they answer, and the result is never empty if the mail has text. All
// work is linear in the length of the mail.
package trim

import (
	"slices"
	"strings"
)

// ReplyMarker is the line that our own mails begin with: what a client keeps
// below it is ours.
const ReplyMarker = "##- Please type your reply above this line -##"

// Parts is a mail's text, taken apart. Nothing is lost: the three together are
// the text but for blank lines.
type Parts struct {
	New       string // what the sender wrote
	Quoted    string // the mail answered, with its attribution line
	Signature string // signature and client markers ("Sent from my iPhone")
}

// New takes a text apart.
func New(text string) Parts {
	c := cutter{lines: strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")}
	c.end = len(c.lines)
	c.cutBelowSeparator()
	c.cutSignature()
	c.cutTrailingQuote()
	c.cutSignature()
	p := Parts{
		New:       strings.TrimSpace(join(c.lines[:c.end])),
		Quoted:    joinUpwards(c.quoted),
		Signature: joinUpwards(c.signature),
	}
	if p.New == "" {
		// A forward, or a photo "sent from my phone": then that is the text.
		return Parts{New: strings.TrimSpace(text)}
	}
	return p
}

// cutter takes blocks off the end of a text.
type cutter struct {
	lines     []string
	end       int      // lines[:end] may still be new
	quoted    []string // blocks, the lowest first
	signature []string // the same
	tries     int      // costly looks at a line so far
}

// maxTries bounds the costly looks: a mail of a hundred thousand lines that
// each might be an attribution must not cost seconds.
const maxTries = 1500

// mayTry reports whether there is leave for one more costly look.
func (c *cutter) mayTry() bool {
	c.tries++
	return c.tries <= maxTries
}

// cutAt takes the lines from i on into a block.
func (c *cutter) cutAt(i int, block *[]string) {
	if text := strings.TrimSpace(join(c.lines[i:c.end])); text != "" {
		*block = append(*block, text)
	}
	c.end = i
	c.dropBlank()
}

func (c *cutter) dropBlank() {
	for c.end > 0 && blank(c.lines[c.end-1]) {
		c.end--
	}
}

// cutBelowSeparator cuts at the first line below which everything is an older
// mail. With nothing above it the mail is a forward and stays whole.
func (c *cutter) cutBelowSeparator() {
	for i := range c.lines {
		start, ok := c.separator(i)
		if !ok {
			continue
		}
		for start > 0 && (blank(c.lines[start-1]) || isRule(c.lines[start-1])) {
			start--
		}
		if start > 0 {
			c.cutAt(start, &c.quoted)
			c.cutAttribution()
		}
		return
	}
}

// separator reports whether the line at i, or the lines ending at i, begin an
// older mail, and where.
func (c *cutter) separator(i int) (start int, ok bool) {
	line := c.lines[i]
	switch {
	case len(line) > maxMarkLine:
		return 0, false
	case isReplyMarker(line), c.originalMessage(line):
		return i, true
	case c.headerBlock(i):
		return i, true
	}
	start, ok = c.attribution(i)
	if !ok || isQuote(line) {
		return 0, false
	}
	// With quoted lines below it the attribution says no more than they do.
	for next := i + 1; next < c.end; next++ {
		if !blank(c.lines[next]) {
			return start, !isQuote(c.lines[next])
		}
	}
	return start, true
}

// cutTrailingQuote cuts quoted lines at the end, with their attribution. If
// the sender wrote between quoted lines, the quotes are part of the answer.
func (c *cutter) cutTrailingQuote() {
	c.dropBlank()
	start := c.end
	for start > 0 && (isQuote(c.lines[start-1]) || blank(c.lines[start-1])) {
		start--
	}
	if start == 0 || start == c.end {
		return
	}
	for _, line := range c.lines[:start] {
		if isQuote(line) {
			return
		}
	}
	c.cutAt(start, &c.quoted)
	c.cutAttribution()
}

// cutAttribution cuts an "On ... wrote:" that a cut has left at the end.
func (c *cutter) cutAttribution() {
	c.dropBlank()
	if c.end == 0 {
		return
	}
	if start, ok := c.attribution(c.end - 1); ok && start > 0 {
		c.cutAt(start, &c.quoted)
	}
}

// isQuote reports whether a line is quoted: "> text", "| text" is too often a
// table.
func isQuote(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, ">") && line != ">:" // the end of a wrapped attribution
}

func blank(line string) bool {
	return strings.Trim(line, " \t\u00a0\u200b\ufeff") == ""
}

// isRule reports whether a line is a drawn rule, as clients put above an older
// mail.
func isRule(line string) bool {
	line = strings.TrimSpace(line)
	return len(line) >= 5 && strings.Trim(line, "-_=*—─") == ""
}

// joinUpwards joins blocks that were cut from the end on.
func joinUpwards(blocks []string) string {
	slices.Reverse(blocks)
	return join(blocks)
}

func join(lines []string) string { return strings.Join(lines, "\n") }
