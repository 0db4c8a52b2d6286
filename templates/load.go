package templates

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
	texttemplate "text/template"

	"deskpost/ticket"
)

// Names of the files that all kinds share.
const (
	layoutText = "mail/layout.txt"
	layoutHTML = "mail/layout.html"
)

func fileNames(kind ticket.NoticeKind) (text, html string) {
	return "mail/" + string(kind) + ".txt", "mail/" + string(kind) + ".html"
}

// readOverlay reads the operator's files. A name that would replace nothing is
// an error: a file that is silently not used is a trap. Hidden files and the
// backups of editors are left alone.
func readOverlay(overlay fs.FS) (map[string]string, error) {
	entries, err := fs.ReadDir(overlay, "mail")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	files := make(map[string]string)
	var faults []error
	for _, e := range entries {
		name := path.Join("mail", e.Name())
		if strings.HasPrefix(e.Name(), ".") || strings.HasSuffix(e.Name(), "~") {
			continue
		}
		if _, err := fs.Stat(builtIn, name); err != nil {
			faults = append(faults, fmt.Errorf("template %s replaces no built-in one: the names are layout or one of %s, with .txt or .html",
				name, kindNames()))
			continue
		}
		content, err := fs.ReadFile(overlay, name)
		if err != nil {
			faults = append(faults, fmt.Errorf("read template: %w", err))
			continue
		}
		files[name] = string(content)
	}
	return files, errors.Join(faults...)
}

func kindNames() string {
	names := make([]string, 0, len(ticket.NoticeKinds))
	for _, k := range ticket.NoticeKinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// parseAll parses and tries the wording of every kind. Given the operator's
// files it does so only for kinds that one of them touches.
func parseAll(base fs.FS, over map[string]string) (map[ticket.NoticeKind]wording, error) {
	all := make(map[ticket.NoticeKind]wording)
	var faults []error
	for _, kind := range ticket.NoticeKinds {
		text, html := fileNames(kind)
		touched := func(name string) bool { _, ok := over[name]; return ok }
		if over != nil && !slices.ContainsFunc([]string{text, html, layoutText, layoutHTML}, touched) {
			continue
		}
		w, err := parse(kind, base, over)
		if err == nil {
			w.plain = touched(text) && !touched(html)
			err = w.try(kind)
		}
		if err != nil {
			faults = append(faults, err)
			continue
		}
		all[kind] = w
	}
	return all, distinct(faults)
}

// parse parses the four files that word one kind.
func parse(kind ticket.NoticeKind, base fs.FS, over map[string]string) (wording, error) {
	text, html := fileNames(kind)
	source := make(map[string]string)
	for _, name := range []string{layoutText, layoutHTML, text, html} {
		if s, ok := over[name]; ok {
			source[name] = s
			continue
		}
		s, err := fs.ReadFile(base, name)
		if err != nil {
			return wording{}, err
		}
		source[name] = string(s)
	}
	// The templates are named after their files, so that faults name them too.
	t, err := texttemplate.New(layoutText).Funcs(functions).Option("missingkey=error").Parse(source[layoutText])
	if err == nil {
		t, err = t.New(text).Parse(source[text])
	}
	if err != nil {
		return wording{}, err
	}
	h, err := htmltemplate.New(layoutHTML).Funcs(functions).Option("missingkey=error").Parse(source[layoutHTML])
	if err == nil {
		h, err = h.New(html).Parse(source[html])
	}
	if err != nil {
		return wording{}, err
	}
	return wording{text: t, html: h}, nil
}

// try renders the samples of a kind.
func (w wording) try(kind ticket.NoticeKind) error {
	for _, n := range []ticket.Notice{fullSample(kind), emptySample(kind)} {
		if _, err := w.render(newPage(n)); err != nil {
			return err
		}
	}
	return nil
}

// distinct joins faults and names one that all kinds share, such as that of a
// layout, only once.
func distinct(faults []error) error {
	seen := make(map[string]bool)
	var once []error
	for _, f := range faults {
		if !seen[f.Error()] {
			seen[f.Error()] = true
			once = append(once, f)
		}
	}
	return errors.Join(once...)
}
