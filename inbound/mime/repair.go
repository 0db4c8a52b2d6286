package mime

import (
	"bytes"
)

// malformed is the name a header line gets that is no field at all, so that it
// survives where a person looking at the header can see it.
const malformed = "X-Malformed"

// repair turns the lines of a header block into one that textproto accepts,
// and returns the lines that were body all along. top is set for the header of
// the mail itself, where mbox and transport dirt may come first.
func repair(lines [][]byte, top bool, p *problems) (block []byte, body [][]byte) {
	if top {
		lines = skipDirt(lines, p)
	}
	if len(lines) > 0 && !isField(lines[0]) && !isBlank(lines[0]) && !hasOddName(lines[0]) {
		p.add("no header: the mail or part begins with its text")
		return nil, lines
	}
	lastField := -1
	for i, line := range lines {
		if isField(line) {
			lastField = i
		}
	}
	var out bytes.Buffer
	var previous []byte
	for i, line := range lines {
		content, _ := splitEnd(line)
		switch {
		case isContinuation(line):
			if len(bytes.TrimLeft(content, " \t")) == 0 {
				continue // a folded line of blanks only would end the block
			}
			out.Write(content)
		case isField(line):
			writeField(&out, content)
		case endsWithSemicolon(previous):
			p.add("header line not folded")
			out.WriteByte('\t')
			out.Write(content)
		case i > lastField:
			// Nothing below looks like a header: the blank line is missing.
			p.add("no blank line between header and text")
			return out.Bytes(), lines[i:]
		default:
			p.add("header line without a name")
			out.WriteString(malformed + ": ")
			out.Write(content)
		}
		out.WriteString("\r\n")
		previous = content
	}
	return out.Bytes(), nil
}

// skipDirt drops what mail stores put above the first field: a byte order
// mark, blank lines, an mbox "From " line or its quoted form.
func skipDirt(lines [][]byte, p *problems) [][]byte {
	if len(lines) > 0 {
		lines[0] = bytes.TrimPrefix(lines[0], bom)
	}
	for len(lines) > 0 {
		line := lines[0]
		switch {
		case isMboxLine(line):
			// No problem worth telling: this is how mbox files look.
		case isContinuation(line) && len(lines) > 1 && isField(lines[1]):
			p.add("blank before the first header field")
		default:
			return lines
		}
		lines = lines[1:]
	}
	return lines
}

func isMboxLine(line []byte) bool {
	return !isField(line) && bytes.HasPrefix(bytes.TrimPrefix(line, []byte(">")), []byte("From "))
}

// beginsHeader reports whether a block may begin with this line. When it may
// not, there is no header at all.
func beginsHeader(line []byte, top bool) bool {
	if isField(line) || isContinuation(line) || hasOddName(line) {
		return true
	}
	return top && (isMboxLine(line) || isField(bytes.TrimPrefix(line, bom)))
}

// maxName is how long a field name with foreign bytes may be.
const maxName = 40

// hasOddName reports whether a line looks like a field but for 8-bit bytes in
// its name.
func hasOddName(line []byte) bool {
	i := bytes.IndexByte(line, ':')
	return i > 0 && i <= maxName && !bytes.ContainsAny(line[:i], " \t") && !isASCII(line[:i])
}

var bom = []byte("\xef\xbb\xbf")

// writeField writes a field line with the blanks between name and colon gone.
func writeField(out *bytes.Buffer, content []byte) {
	name, value, _ := bytes.Cut(content, []byte(":"))
	out.Write(bytes.TrimRight(name, " \t"))
	out.WriteByte(':')
	out.Write(value)
}

// isField reports whether a line begins a header field: printable ASCII
// without colon (RFC 5322 §2.2), blanks (the obsolete §4.5.8), a colon.
func isField(line []byte) bool {
	i := 0
	for i < len(line) && line[i] > ' ' && line[i] < 0x7f && line[i] != ':' {
		i++
	}
	if i == 0 {
		return false
	}
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	return i < len(line) && line[i] == ':'
}

func isContinuation(line []byte) bool {
	return len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
}

func isBlank(line []byte) bool {
	content, _ := splitEnd(line)
	return len(content) == 0
}

func endsWithSemicolon(line []byte) bool {
	return bytes.HasSuffix(bytes.TrimRight(line, " \t"), []byte(";"))
}
