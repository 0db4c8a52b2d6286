package mime

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// charsetAlias gives the label the library knows for one seen in real mail.
// Latin-1 and ASCII are read as their superset windows-1252, as browsers do,
// and the old Chinese and Korean names as the sets that grew out of them.
func charsetAlias(label string) string {
	switch label {
	case "us-ascii", "ascii", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "8859-1",
		"cp1252", "ansi", "ansi_x3.4-1968", "646":
		return "windows-1252"
	case "iso-8859-9", "iso8859-9", "latin5":
		return "windows-1254"
	case "iso-8859-11", "tis-620":
		return "windows-874"
	case "utf8", "utf8mb4", "utf-8-mac", "utf_8", "unicode-1-1-utf-8", "x-utf-8", "cp65001":
		return "utf-8"
	case "cp932", "ms932", "windows-31j", "windows-932", "sjis", "x-sjis", "shift-jis", "ms_kanji":
		return "shift_jis"
	case "cp949", "ms949", "uhc", "ks_c_5601-1987", "ks_c_5601", "ksc5601", "korean", "windows-949", "euckr":
		return "euc-kr"
	case "gb2312", "gb_2312-80", "gbk", "cp936", "ms936", "x-gbk", "euc-cn", "hz-gb":
		return "gb18030"
	case "cp950", "big5-hkscs", "x-x-big5":
		return "big5"
	case "iso-8859-8-i", "iso-8859-8-e":
		return "iso-8859-8"
	case "eucjp", "x-euc-jp", "cp51932":
		return "euc-jp"
	case "_iso-2022-jp$esc", "cp50220", "cp50221", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-ms", "csiso2022jp":
		return "iso-2022-jp"
	case "x-mac-roman", "macroman", "mac":
		return "macintosh"
	case "unicode-1-1-utf-7", "x-unicode-2-0-utf-7", "csunicode11utf7":
		return "utf-7"
	case "unicode", "ucs-2", "iso-10646-ucs-2":
		return "utf-16"
	}
	if rest, ok := strings.CutPrefix(label, "cp125"); ok {
		return "windows-125" + rest
	}
	if rest, ok := strings.CutPrefix(label, "iso_8859-"); ok {
		return "iso-8859-" + rest
	}
	return label
}

// charsetLabel cleans what stands in a charset parameter: `"UTF-8; format=flowed"`.
func charsetLabel(declared string) string {
	label := strings.ToLower(strings.Trim(declared, " \t\"'<>"))
	if i := strings.IndexAny(label, ";, *\t\"'"); i >= 0 {
		label = label[:i]
	}
	return charsetAlias(label)
}

// decodeCharset turns bytes into UTF-8: by the declared charset if it is known
// and fits, else as UTF-8 if that is valid, else as windows-1252. known is
// false when the declaration did not help.
func decodeCharset(b []byte, declared string) (text string, known bool) {
	label := charsetLabel(declared)
	ascii := isASCII(b)
	switch label {
	case "", "unknown-8bit", "x-unknown", "unknown", "default", "default_charset", "x-user-defined", "binary", "8bit", "_autodetect":
		return guess(b), ascii
	case "utf-8":
		return decodeUTF8(bytes.TrimPrefix(b, bom)), utf8.Valid(b)
	case "utf-7":
		if ascii {
			return decodeUTF7(string(b)), true
		}
		return guess(b), false
	case "utf-16", "utf-16le", "utf-16be":
		return decodeUTF16(b, label), true
	case "windows-1252":
		if !ascii && utf8.Valid(b) {
			return string(b), false // UTF-8 by chance is next to impossible
		}
		return guess(b), true
	}
	if ascii && !strings.HasPrefix(label, "iso-2022") && !strings.HasPrefix(label, "hz") {
		return string(b), true
	}
	r, err := charset.Reader(label, bytes.NewReader(b))
	if err != nil {
		return guess(b), ascii
	}
	decoded, err := io.ReadAll(r)
	if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) && utf8.Valid(b) && !ascii {
		return guess(b), false
	}
	return string(decoded), true
}

// guess reads bytes of no known charset.
func guess(b []byte) string {
	if utf8.Valid(b) {
		return string(bytes.TrimPrefix(b, bom))
	}
	s, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(s)
}

// decodeUTF8 reads text that claims to be UTF-8. With few broken sequences
// among good ones it is damaged UTF-8, otherwise it is something else.
func decodeUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	good, bad := 0, 0
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && n <= 1:
			bad++
		case n > 1:
			good++
		}
		i += n
	}
	if good >= bad {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return guess(b)
}

func decodeUTF16(b []byte, label string) string {
	order := unicode.BigEndian
	// Without a mark, ASCII text shows its byte order by where its zeros are.
	if label == "utf-16le" || label == "utf-16" && len(b) > 1 && b[1] == 0 {
		order = unicode.LittleEndian
	}
	out, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(b)
	if err != nil {
		return guess(b)
	}
	return string(out)
}

// decodeUTF7 reads RFC 2152. Text that is not UTF-7 comes out as it stood.
func decodeUTF7(s string) string {
	var out strings.Builder
	for {
		before, rest, shifted := strings.Cut(s, "+")
		out.WriteString(before)
		if !shifted {
			return out.String()
		}
		end := 0
		for end < len(rest) && base64Value(rest[end]) < 64 {
			end++
		}
		run := rest[:end]
		s = strings.TrimPrefix(rest[end:], "-")
		raw, err := base64.RawStdEncoding.DecodeString(run)
		switch {
		case run == "" && len(s) < len(rest):
			out.WriteByte('+')
		case run == "" || err != nil && len(raw) < 2:
			out.WriteByte('+')
			s = rest
		default:
			out.WriteString(decodeUTF16(raw[:len(raw)&^1], "utf-16be"))
		}
	}
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
