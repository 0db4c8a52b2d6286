package templates

import (
	"bytes"
	"compress/gzip"
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
)

//go:embed web
var webFiles embed.FS

// Pages is the HTML of the page: one file a page, web/NAME.html, which defines
// "content", with web/layout.html around it and what several pages share, or
// what is long, in web/parts. Agents read English; pages for customers say the
// sentences in words/LANGUAGE.toml.
type Pages struct {
	pages map[string]map[string]*htmltemplate.Template // by language, then name
	words map[string]*Words
	files map[string]Static
	paths map[string]string // of files, by name
}

// A Static is a file that browsers may keep for ever: its path names what is in
// it.
type Static struct {
	Type    string // MIME
	Content []byte
	Gzipped []byte // the same, compressed (RFC 1952)
}

// pageFunctions are what pages may call.
var pageFunctions = htmltemplate.FuncMap{
	"links":      links,
	"markdown":   markdown,
	"paragraphs": paragraphs,
	"inc":        func(i int) int { return i + 1 },
	"date":       func(t time.Time, zone *time.Location) string { return t.In(zone).Format("2 January 2006") },
	"stamp":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
}

// LoadPages parses the pages.
func LoadPages() (*Pages, error) {
	words, err := loadWords(nil)
	if err != nil {
		return nil, err
	}
	p := &Pages{pages: map[string]map[string]*htmltemplate.Template{}, words: words, files: map[string]Static{}, paths: map[string]string{}}
	if err := p.join("style.css", "text/css; charset=utf-8", "web/style/*.css"); err != nil {
		return nil, err
	}
	if err := p.join("script.js", "text/javascript; charset=utf-8", "web/script/*.js"); err != nil {
		return nil, err
	}
	for _, lang := range languages {
		if p.pages[lang], err = p.parse(words[lang]); err != nil {
			return nil, fmt.Errorf("built-in pages: %w", err)
		}
	}
	return p, nil
}

// parse parses the pages that there are in a language.
func (p *Pages) parse(w *Words) (map[string]*htmltemplate.Template, error) {
	layout, err := htmltemplate.New("layout.html").Funcs(pageFunctionsIn(w)).Funcs(htmltemplate.FuncMap{"static": p.path}).
		Option("missingkey=error").ParseFS(webFiles, "web/layout.html", "web/parts/*.html")
	if err != nil {
		return nil, err
	}
	list, err := fs.Glob(webFiles, "web/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the list of pages: %w", err)
	}
	all := map[string]*htmltemplate.Template{}
	for _, file := range list {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" || w.lang != English && !spokenPage(name) {
			continue
		}
		page, err := layout.Clone()
		if err == nil {
			page, err = page.ParseFS(webFiles, file)
		}
		if err != nil {
			return nil, err
		}
		all[name] = page
	}
	return all, nil
}

// join makes one static file of several, in the order of their names: a browser
// asks once, and each of the files is about one thing.
func (p *Pages) join(name, mime, pattern string) error {
	list, err := fs.Glob(webFiles, pattern)
	if err != nil {
		return fmt.Errorf("read the pages: %w", err)
	}
	var all []byte
	for _, file := range list {
		content, err := webFiles.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read the pages: %w", err)
		}
		all = append(all, content...)
	}
	sum := sha256.Sum256(all)
	p.paths[name] = "/static/" + hex.EncodeToString(sum[:8]) + "/" + name
	small, err := gzipped(all)
	if err != nil {
		return fmt.Errorf("compress %s: %w", name, err)
	}
	p.files[p.paths[name]] = Static{mime, all, small}
	return nil
}

func gzipped(content []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	return out.Bytes(), err
}

// path is where a page finds a static file.
func (p *Pages) path(name string) (string, error) {
	at, ok := p.paths[name]
	if !ok {
		return "", fmt.Errorf("there is no file %s", name)
	}
	return at, nil
}

// Words are the words in a language, or the English ones where there are none in
// that.
func (p *Pages) Words(lang string) *Words {
	if w, ok := p.words[lang]; ok {
		return w
	}
	return p.words[English]
}

// Write writes a page in a language.
func (p *Pages) Write(w io.Writer, name, lang string, data any) error {
	page, ok := p.pages[lang][name]
	if !ok {
		return fmt.Errorf("there is no page %q in %q", name, lang)
	}
	return page.ExecuteTemplate(w, "layout", data)
}

// Static is the file at a path that a page names.
func (p *Pages) Static(at string) (Static, bool) {
	s, ok := p.files[at]
	return s, ok
}
