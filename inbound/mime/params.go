package mime

import (
	"strconv"
	"strings"
)

// contentType reads a Content-Type field, whatever is wrong with it. fallback
// is the type of a part that states none.
func contentType(value, fallback string, lim Limits, p *problems) (string, map[string]string) {
	kind, params := parameters(value, lim, p)
	if strings.TrimSpace(value) == "" {
		return fallback, params
	}
	major, minor, ok := strings.Cut(kind, "/")
	switch {
	case !ok && major == "text":
		return "text/plain", params
	case !ok || !isToken(major) || !isToken(minor):
		p.add("unreadable Content-Type")
		if params["boundary"] != "" {
			return "multipart/mixed", params
		}
		return fallback, params
	}
	return kind, params
}

// disposition reads a Content-Disposition field (RFC 2183): "inline",
// "attachment" also for values that nobody knows (§2.8), or "".
func disposition(value string, lim Limits, p *problems) (string, map[string]string) {
	kind, params := parameters(value, lim, p)
	if kind != "" && kind != "inline" {
		kind = "attachment"
	}
	return kind, params
}

// parameters splits "value; name=x; name*0*=..." (RFC 2045 §5.1, RFC 2231).
// The first of two parameters with one name counts.
func parameters(s string, lim Limits, p *problems) (value string, params map[string]string) {
	value, s, _ = strings.Cut(s, ";")
	value, _, _ = strings.Cut(value, "(")
	value = strings.ToLower(strings.TrimSpace(value))
	params = make(map[string]string)
	pieces := make(map[string]*segments)
	simple, parts := 0, 0
	for s != "" {
		var name, text string
		name, text, s = cutParameter(s)
		if name == "" {
			continue
		}
		base, index, encoded, continued := segmentName(name)
		if !continued {
			if simple++; simple > lim.Params {
				p.add("too many parameters in one field")
				break
			}
			if _, twice := params[base]; twice {
				continue
			}
			if base == "boundary" { // bytes to compare, no text to decode
				params[base] = strings.TrimRight(text, " \t")
			} else {
				params[base] = DecodeWords(text)
			}
			continue
		}
		if parts++; parts > lim.Segments || index >= lim.Segments {
			p.add("too many parameter segments in one field")
			break
		}
		if pieces[base] == nil {
			pieces[base] = &segments{}
		}
		pieces[base].set(index, text, encoded)
	}
	for name, piece := range pieces {
		params[name] = piece.join() // RFC 2231 §4 beats the plain form
	}
	return value, params
}

// cutParameter takes one "name=value" off a parameter list. The value may be
// quoted, or unquoted with blanks in it as some mailers write.
func cutParameter(s string) (name, value, rest string) {
	s = strings.TrimLeft(s, " \t;")
	end := strings.IndexAny(s, "=;")
	if end < 0 || s[end] == ';' {
		if end < 0 {
			return "", "", ""
		}
		return "", "", s[end+1:]
	}
	name = strings.ToLower(strings.TrimSpace(s[:end]))
	s = strings.TrimLeft(s[end+1:], " \t")
	if strings.HasPrefix(s, `"`) {
		value, rest = cutQuoted(s)
		_, rest, _ = strings.Cut(rest, ";")
		return name, value, rest
	}
	value, rest, _ = strings.Cut(s, ";")
	return name, strings.TrimSpace(value), rest
}

// cutQuoted reads a quoted string. Backslashes escape quotes and backslashes
// only, since Windows paths are sent as names.
func cutQuoted(s string) (value, rest string) {
	var out strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			out.WriteByte(s[i])
		case c == '"':
			return out.String(), s[i+1:]
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), ""
}

// segmentName splits "filename*1*" into its parts.
func segmentName(name string) (base string, index int, encoded, continued bool) {
	base, tail, ok := strings.Cut(name, "*")
	if !ok {
		return name, 0, false, false
	}
	if tail == "" {
		return base, 0, true, true
	}
	number, encoded := strings.CutSuffix(tail, "*")
	index, err := strconv.Atoi(number)
	if err != nil || index < 0 {
		return name, 0, false, false
	}
	return base, index, encoded, true
}

// segments is a value in RFC 2231 pieces, in any order.
type segments struct {
	texts   []string
	encoded []bool
}

func (s *segments) set(index int, text string, encoded bool) {
	for len(s.texts) <= index {
		s.texts = append(s.texts, "")
		s.encoded = append(s.encoded, false)
	}
	if s.texts[index] == "" {
		s.texts[index], s.encoded[index] = text, encoded
	}
}

func (s *segments) join() string {
	var raw []byte
	charset := ""
	anyEncoded := false
	for i, text := range s.texts {
		if s.encoded[i] {
			if !anyEncoded {
				anyEncoded = true
				if parts := strings.SplitN(text, "'", 3); len(parts) == 3 {
					charset, text = parts[0], parts[2]
				}
			}
			raw = unescape(raw, text, '%')
			continue
		}
		raw = append(raw, text...)
	}
	if !anyEncoded {
		return DecodeWords(string(raw))
	}
	text, _ := decodeCharset(raw, charset)
	if strings.Contains(text, "=?") {
		return DecodeWords(text) // both encodings at once
	}
	return clean(text)
}

// isToken reports whether s is a token of RFC 2045 §5.1.
func isToken(s string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?=`, s[i]) >= 0 {
			return false
		}
	}
	return true
}
