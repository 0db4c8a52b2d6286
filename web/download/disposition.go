package download

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how many bytes of a file's name are offered; file systems take 255.
const maxName = 200

// disposition is the Content-Disposition of a file to be saved under a name (RFC
// 6266). Beside the name itself, in the encoding of RFC 8187, stands one in ASCII
// for programs that do not know that.
func disposition(name string) string {
	name = safeName(name)
	plain := strings.Map(func(r rune) rune {
		if r > '~' || strings.ContainsRune(`"%`, r) { // some programs decode "%" (RFC 6266 appendix D)
			return '_'
		}
		return r
	}, name)
	value := fmt.Sprintf(`attachment; filename="%s"`, plain)
	if plain != name {
		value += "; filename*=UTF-8''" + extValue(name)
	}
	return value
}

// extValue encodes a text as an ext-value (RFC 8187 section 3.2.1).
func extValue(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// safeName is a name that is one of a file in whatever directory, and that reads
// as what it is: no path, no hidden file, and no marks that turn the direction of
// writing, by which "gpj.exe" is made to look like "exe.jpg".
func safeName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		case r == utf8.RuneError || unicode.IsControl(r) || strings.ContainsRune(`/\:*?<>|`, r):
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	if len(name) > maxName {
		ext := path.Ext(name)
		if len(ext) > 20 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:maxName-len(ext)], "") + ext
	}
	if name == "" {
		return "file"
	}
	return name
}
