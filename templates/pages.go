package templates

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"deskpost/ticket"
)

//go:embed web
var webFiles embed.FS

// Pages is the HTML of the page: one file a page, web/NAME.html, which defines
// "content", and web/layout.html around it.
type Pages struct {
	pages map[string]*htmltemplate.Template
	files map[string]Static
}

// A Static is a file that browsers may keep for ever: its path names what is in
// it.
type Static struct {
	Type    string // MIME
	Content []byte
}

// pageFunctions are what pages may call.
var pageFunctions = htmltemplate.FuncMap{
	"links":      links,
	"paragraphs": paragraphs,
	"size":       ticket.ByteCount,
	"clock":      clock,
	"stamp":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
}

// LoadPages parses the pages.
func LoadPages() (*Pages, error) {
	p := &Pages{pages: map[string]*htmltemplate.Template{}, files: map[string]Static{}}
	names := map[string]string{} // of static files: path by name
	css, err := webFiles.ReadFile("web/style.css")
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	sum := sha256.Sum256(css)
	names["style.css"] = "/static/" + hex.EncodeToString(sum[:8]) + "/style.css"
	p.files[names["style.css"]] = Static{"text/css; charset=utf-8", css}
	functions := htmltemplate.FuncMap{"static": func(name string) (string, error) {
		at, ok := names[name]
		if !ok {
			return "", fmt.Errorf("there is no file %s", name)
		}
		return at, nil
	}}
	layout, err := htmltemplate.New("layout.html").Funcs(pageFunctions).Funcs(functions).Option("missingkey=error").ParseFS(webFiles, "web/layout.html")
	if err != nil {
		return nil, fmt.Errorf("built-in pages: %w", err)
	}
	list, err := fs.Glob(webFiles, "web/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	for _, file := range list {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" {
			continue
		}
		page, err := layout.Clone()
		if err == nil {
			page, err = page.ParseFS(webFiles, file)
		}
		if err != nil {
			return nil, fmt.Errorf("built-in pages: %w", err)
		}
		p.pages[name] = page
	}
	return p, nil
}

// Write writes a page.
func (p *Pages) Write(w io.Writer, name string, data any) error {
	page, ok := p.pages[name]
	if !ok {
		return fmt.Errorf("there is no page %q", name)
	}
	return page.ExecuteTemplate(w, "layout", data)
}

// Static is the file at a path that a page names.
func (p *Pages) Static(path string) (Static, bool) {
	s, ok := p.files[path]
	return s, ok
}

// clock writes an instant short, as one reads it in a list: today's by its time,
// others by their day.
func clock(t, now time.Time, zone *time.Location) string {
	t, now = t.In(zone), now.In(zone)
	switch {
	case t.IsZero():
		return ""
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("Mon 2 Jan, 15:04")
	}
	return t.Format("2 Jan 2006, 15:04")
}
