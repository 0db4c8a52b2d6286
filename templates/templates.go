// Package templates is every word the desk says: the subject, the text and the
// HTML of each mail it writes.
//
// A kind of notice has two files, mail/KIND.txt (text/template, defines
// "subject" and "body") and mail/KIND.html (html/template, defines "content").
// What they share is defined in mail/layout.txt and mail/layout.html. Agents read
// English. The sentences that customers read stand in words/LANGUAGE.toml, and
// templates say them by their keys, so that there is one template for all
// languages. Files of the same names in a folder of the operator take the place of
// the built-in ones: mail/ack.txt in all languages, mail/de/ack.txt in German, and
// words/de.toml sentence by sentence. Everything that people wrote, and that includes subjects, names and
// file names of strangers, reaches a template as a cleaned value and never as
// template text.
package templates

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"strings"
	texttemplate "text/template"
	"unicode/utf8"

	"deskpost/ticket"
)

//go:embed mail
var builtIn embed.FS

// Limits of one rendered mail. A template of the operator that writes more is
// broken; what people wrote is far below, since mail is limited on its way in.
const (
	maxPart    = 64 << 20 // bytes of text or HTML
	maxSubject = 200      // characters
)

// A Set is the wording of a desk. It does not change and may be used by several
// goroutines at once.
type Set struct {
	ours   map[voice]wording // built in
	theirs map[voice]wording // with the operator's files; what none touches is missing
}

// A wording writes the mails of one kind in one language.
type wording struct {
	text *texttemplate.Template
	html *htmltemplate.Template
	lang string
	// plain has the HTML drawn from the text. So an operator who changes only
	// the text does not go on sending the old words as HTML.
	plain bool
}

// Rendered is a mail in words. Subject is one line, not yet encoded for a
// header. Text and HTML are valid UTF-8, their lines end with "\n", and Text
// keeps the lines of people as long as they wrote them.
type Rendered struct {
	Subject  string
	Text     string
	HTML     string
	Language string // of the words that are the desk's, by its tag of RFC 5646
}

// An OverrideError says that a template of the operator failed at run time and
// the mail has the built-in words instead.
type OverrideError struct {
	Kind ticket.NoticeKind
	Err  error // names file and line
}

func (e *OverrideError) Error() string {
	return fmt.Sprintf("the built-in wording of %q was used: %v", e.Kind, e.Err)
}

// Unwrap returns the fault of the template.
func (e *OverrideError) Unwrap() error { return e.Err }

// Load reads the wording and tries each file on a full and on an empty sample,
// so that a mistake stops the start and not a mail. The overlay holds the files
// that replace built-in ones, under the same names ("mail/ack.txt"); nil is no
// overlay. The error joins all faults, each with file and line.
func Load(overlay fs.FS) (*Set, error) {
	ours, err := parseAll(nil)
	if err != nil {
		return nil, fmt.Errorf("built-in templates: %w", err)
	}
	set := &Set{ours: ours}
	if overlay == nil {
		return set, nil
	}
	files, err := readOverlay(overlay)
	if err != nil {
		return nil, err
	}
	set.theirs, err = parseAll(files)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return set, nil
}

// Mail words a notice in its language, or in English where there are no words in
// that any more. An *OverrideError comes with a complete mail, for wording never
// holds up mail; with any other error there is none.
func (s *Set) Mail(n ticket.Notice) (Rendered, error) {
	v := voice{n.Kind, n.Facts.Language}
	if _, ok := s.ours[v]; !ok {
		v.lang = English
	}
	ours, ok := s.ours[v]
	if !ok {
		return Rendered{}, fmt.Errorf("no wording for a notice of kind %q", n.Kind)
	}
	p := newPage(n)
	theirs, overridden := s.theirs[v]
	if !overridden {
		return ours.render(p)
	}
	r, fault := theirs.render(p)
	if fault == nil {
		return r, nil
	}
	r, err := ours.render(p)
	if err != nil {
		return Rendered{}, errors.Join(err, fault)
	}
	return r, &OverrideError{Kind: n.Kind, Err: fault}
}

// render runs the templates of one mail.
func (w wording) render(p page) (Rendered, error) {
	r := Rendered{Language: w.lang}
	var out limited
	if err := w.text.ExecuteTemplate(&out, "subject", p); err != nil {
		return r, err
	}
	r.Subject = clip(oneLine(out.String()), maxSubject)
	if r.Subject == "" {
		return r, fmt.Errorf("template: %s: the subject is empty", w.text.Name())
	}
	out.Reset()
	if err := w.text.ExecuteTemplate(&out, "body", p); err != nil {
		return r, err
	}
	r.Text = strings.Trim(block(out.String()), "\n") + "\n"

	name := "layout"
	if w.plain {
		name = "plain"
	}
	p.Title, p.Plain = r.Subject, r.Text
	out.Reset()
	if err := w.html.ExecuteTemplate(&out, name, p); err != nil {
		return r, err
	}
	r.HTML = strings.TrimSpace(block(out.String())) + "\n"
	return r, nil
}

// limited collects output and refuses to grow without end.
type limited struct{ bytes.Buffer }

var errTooLong = errors.New("the template writes more than 64 MiB")

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxPart {
		return 0, errTooLong
	}
	return l.Buffer.Write(p)
}

// clip shortens s to at most limit characters.
func clip(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:limit-1])) + "…"
}
