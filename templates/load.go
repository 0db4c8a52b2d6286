package templates

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	texttemplate "text/template"

	"deskpost/ticket"
)

// Names of the files that all kinds share.
const (
	layoutText = "layout.txt"
	layoutHTML = "layout.html"
)

// fileNames are the names of all files of templates, without the folder.
func fileNames() []string {
	names := []string{layoutText, layoutHTML}
	for _, kind := range ticket.NoticeKinds {
		names = append(names, string(kind)+".txt", string(kind)+".html")
	}
	return names
}

// readOverlay reads the operator's files. A name that would replace nothing is
// an error: a file that is silently not used is a trap. Hidden files and the
// backups of editors are left alone.
func readOverlay(overlay fs.FS) (map[string]string, error) {
	files := make(map[string]string)
	folders := map[string]string{"mail": fmt.Sprintf("the names are layout or one of %s, with .txt or .html", kindNames()),
		"words": fmt.Sprintf("the names are one of %s, with .toml", strings.Join(languages, ", "))}
	for _, lang := range languages {
		folders[path.Join("mail", lang)] = folders["mail"]
	}
	var faults []error
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		faults = append(faults, readFolder(overlay, folder, folders[folder], files))
	}
	return files, errors.Join(faults...)
}

// readFolder reads the operator's files in one folder.
func readFolder(overlay fs.FS, folder, allowed string, files map[string]string) error {
	entries, err := fs.ReadDir(overlay, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read templates: %w", err)
	}
	var faults []error
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."), strings.HasSuffix(e.Name(), "~"):
			continue
		case e.IsDir() && folder == "mail" && slices.Contains(languages, e.Name()):
			continue
		case e.IsDir() && folder == "mail":
			faults = append(faults, fmt.Errorf("templates in %s are in no language there is: the folders are %s", name, strings.Join(languages, ", ")))
			continue
		case !replaces(folder, e.Name()):
			faults = append(faults, fmt.Errorf("template %s replaces no built-in one: %s", name, allowed))
			continue
		}
		content, err := fs.ReadFile(overlay, name)
		if err != nil {
			faults = append(faults, fmt.Errorf("read template: %w", err))
			continue
		}
		files[name] = string(content)
	}
	return errors.Join(faults...)
}

// replaces reports whether a file in a folder takes the place of a built-in one.
func replaces(folder, name string) bool {
	if folder == "words" {
		return slices.ContainsFunc(languages, func(lang string) bool { return wordsFile(lang) == path.Join(folder, name) })
	}
	return slices.Contains(fileNames(), name)
}

func kindNames() string {
	names := make([]string, 0, len(ticket.NoticeKinds))
	for _, k := range ticket.NoticeKinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// spoken are the languages in which notices of a kind are worded.
func spoken(kind ticket.NoticeKind) []string {
	if kind.ToAgent() {
		return []string{English}
	}
	return languages
}

// parseAll parses and tries the wording of every kind in every language. Given the
// operator's files it does so only for those that one of them touches.
func parseAll(over map[string]string) (map[voice]wording, error) {
	words, err := loadWords(over)
	if err != nil {
		return nil, err
	}
	all := make(map[voice]wording)
	var faults []error
	for _, kind := range ticket.NoticeKinds {
		for _, lang := range spoken(kind) {
			v := voice{kind, lang}
			if over != nil && !v.touched(over) {
				continue
			}
			w, err := v.parse(words[lang], over)
			if err == nil {
				err = w.try(v)
			}
			if err != nil {
				faults = append(faults, err)
				continue
			}
			all[v] = w
		}
	}
	return all, distinct(faults)
}

// A voice is a kind of notice in a language.
type voice struct {
	kind ticket.NoticeKind
	lang string
}

// files are the names of the files that word it, without the folder.
func (v voice) files() []string {
	return []string{layoutText, string(v.kind) + ".txt", layoutHTML, string(v.kind) + ".html"}
}

// touched reports whether one of the operator's files is used for it.
func (v voice) touched(over map[string]string) bool {
	if _, ok := over[wordsFile(v.lang)]; ok {
		return true
	}
	return slices.ContainsFunc(v.files(), func(file string) bool { return v.find(file, over).rank > 0 })
}

// A source is the file that a template is read from.
type source struct {
	name string
	rank int // 0 is built in, 1 the operator's for all languages, 2 the operator's for one
}

// find finds the file of a template: the operator's before the built-in one, and of
// the operator's the one for the language before the one for all.
func (v voice) find(file string, over map[string]string) source {
	one, all := path.Join("mail", v.lang, file), path.Join("mail", file)
	if _, ok := over[one]; ok {
		return source{one, 2}
	}
	if _, ok := over[all]; ok {
		return source{all, 1}
	}
	return source{all, 0}
}

// read is the text of a template.
func (s source) read(over map[string]string) (string, error) {
	if s.rank > 0 {
		return over[s.name], nil
	}
	content, err := builtIn.ReadFile(s.name)
	return string(content), err
}

// parse parses the four files that word one kind. The templates are named after
// their files, so that faults name them too.
func (v voice) parse(words *Words, over map[string]string) (wording, error) {
	var sources [4]source
	var contents [4]string
	for i, file := range v.files() {
		var err error
		sources[i] = v.find(file, over)
		if contents[i], err = sources[i].read(over); err != nil {
			return wording{}, err
		}
	}
	t, err := texttemplate.New(sources[0].name).Funcs(textFunctions(words)).Option("missingkey=error").Parse(contents[0])
	if err == nil {
		t, err = t.New(sources[1].name).Parse(contents[1])
	}
	if err != nil {
		return wording{}, err
	}
	h, err := htmltemplate.New(sources[2].name).Funcs(htmlFunctions(words)).Option("missingkey=error").Parse(contents[2])
	if err == nil {
		h, err = h.New(sources[3].name).Parse(contents[3])
	}
	if err != nil {
		return wording{}, err
	}
	return wording{text: t, html: h, lang: v.lang, plain: sources[1].rank > sources[3].rank}, nil
}

// try renders the samples of a kind.
func (w wording) try(v voice) error {
	for _, n := range []ticket.Notice{fullSample(v.kind), emptySample(v.kind)} {
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
