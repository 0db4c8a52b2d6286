package mime

import (
	"bytes"
	"crypto/sha256"
	"io"
	"strings"
)

// collector sorts the leaves of a mail into text, HTML, reports and
// attachments.
type collector struct {
	message  *Message
	limits   Limits
	problems *problems

	pieces    []piece
	textLeft  int
	htmlLeft  int
	bytesRead int64 // of attachments
	begun     bool
	named     *piece // the first text that is a file, but is shown inline
}

// piece is a part of the readable text.
type piece struct {
	group int // the outermost multipart/alternative it is in, -1 for none
	html  bool
	text  string
}

// reportBytes is how much is read of a machine's report or of the header of an
// embedded mail.
const reportBytes = 256 << 10

// decoded undoes the leaf's transfer encoding.
func (w *walker) decoded(l *leaf) io.Reader {
	r, known := decodeTransfer(l.raw, l.header.Raw("Content-Transfer-Encoding"))
	if !known {
		w.problems.add("unknown Content-Transfer-Encoding, bytes taken as they are")
	}
	return &sourceReader{r: r, lines: w.lines}
}

// sourceReader passes a source's own failure on, so that who saves an
// attachment does not take half of it for the whole.
type sourceReader struct {
	r     io.Reader
	lines *lineReader
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err == io.EOF && s.lines.err != nil {
		err = s.lines.err
	}
	return n, err
}

// take reads one leaf.
func (c *collector) take(l *leaf, body io.Reader) {
	if !c.begun {
		c.begun = true
		c.textLeft, c.htmlLeft = c.limits.TextBytes, c.limits.HTMLBytes
	}
	if l.isBody() {
		c.takeText(l, body)
		return
	}
	var head bytes.Buffer
	if l.disposition != "attachment" && l.contentType == "text/plain" && c.named == nil {
		body = io.TeeReader(body, &limitedBuffer{buf: &head, left: c.textLeft})
		c.takeAttachment(l, body)
		c.named = &piece{group: -1, text: c.decodeText(l, head.Bytes())}
		return
	}
	if l.isReport() || l.isMail() {
		body = io.TeeReader(body, &limitedBuffer{buf: &head, left: reportBytes})
	}
	c.takeAttachment(l, body)
	if head.Len() > 0 {
		c.takeReport(l, head.Bytes())
	}
}

// isBody reports whether a leaf is text to be read with the mail, and no file.
func (l *leaf) isBody() bool {
	if l.contentType != "text/plain" && l.contentType != "text/html" {
		return false
	}
	return l.disposition != "attachment" && l.fileName() == ""
}

func (l *leaf) takesPartIn(subtype string) (id int, ok bool) {
	for _, parent := range l.parents {
		if parent.subtype == subtype {
			return parent.id, true
		}
	}
	return -1, false
}

// takeText keeps a text part, decoded, up to what is left of the limit.
func (c *collector) takeText(l *leaf, body io.Reader) {
	isHTML := l.contentType == "text/html"
	left := &c.textLeft
	if isHTML {
		left = &c.htmlLeft
	}
	raw, _ := io.ReadAll(io.LimitReader(body, int64(*left)+1)) // a source's error is told in Message.Err
	if len(raw) > *left {
		c.problems.add("text too long, the end is left out")
		raw = raw[:*left]
	}
	*left -= len(raw)
	group, _ := l.takesPartIn("alternative")
	c.pieces = append(c.pieces, piece{group: group, html: isHTML, text: c.decodeText(l, raw)})
}

// decodeText turns the bytes of a text part into clean text.
func (c *collector) decodeText(l *leaf, raw []byte) string {
	text, known := decodeCharset(raw, l.params["charset"])
	if !known {
		c.problems.add("text in another charset than it declares, or declares none")
	}
	if strings.IndexByte(text, 0) >= 0 {
		c.problems.add("NUL bytes removed")
	}
	text = cleanText(text)
	if strings.EqualFold(l.params["format"], "flowed") && l.contentType == "text/plain" {
		text = unflow(text, strings.EqualFold(l.params["delsp"], "yes"))
	}
	return text
}

// takeAttachment measures and hashes a part.
func (c *collector) takeAttachment(l *leaf, body io.Reader) {
	sum := sha256.New()
	left := c.limits.AttachmentsBytes - c.bytesRead
	size, _ := io.Copy(sum, io.LimitReader(body, left)) // a source's error is told in Message.Err
	c.bytesRead += size
	if size == left {
		if more, _ := io.CopyN(io.Discard, body, 1); more > 0 {
			c.problems.add("attachments too large, the rest is not read")
		}
	}
	a := Attachment{
		Part:        l.path,
		Name:        l.fileName(),
		Type:        l.contentType,
		Disposition: l.disposition,
		ContentID:   cleanID(l.header.Raw("Content-Id")),
		Size:        size,
	}
	_, related := l.takesPartIn("related")
	a.Inline = l.disposition != "attachment" && (l.disposition == "inline" || related && a.ContentID != "")
	if a.Name == "" {
		a.Name = defaultName(a)
	}
	sum.Sum(a.SHA256[:0])
	c.message.Attachments = append(c.message.Attachments, a)
}

// finish composes the text of the mail from its pieces. In an alternative the
// plain text is preferred, unless it is empty.
func (c *collector) finish() {
	if len(c.pieces) == 0 && c.named != nil {
		c.pieces = append(c.pieces, *c.named) // some mailers give the text a name
	}
	plain := make(map[int]bool) // alternatives with plain text
	for _, p := range c.pieces {
		if !p.html && strings.TrimSpace(p.text) != "" {
			plain[p.group] = true
		}
	}
	var texts, htmls []string
	fromHTML, fromPlain := false, false
	for _, p := range c.pieces {
		if p.html {
			htmls = append(htmls, p.text)
		}
		text := p.text
		if p.html && p.group >= 0 && plain[p.group] {
			continue
		}
		if p.html {
			text = HTMLText(p.text)
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		texts = append(texts, strings.TrimRight(text, "\n"))
		fromHTML = fromHTML || p.html
		fromPlain = fromPlain || !p.html
	}
	c.message.Text = strings.Join(texts, "\n")
	c.message.HTML = strings.Join(htmls, "\n")
	c.message.TextFromHTML = fromHTML && !fromPlain
}

// unflow joins the lines of format=flowed text (RFC 3676 §4).
func unflow(text string, delSp bool) string {
	var out strings.Builder
	open, depth := false, 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		unquoted := strings.TrimLeft(line, ">")
		quote := len(line) - len(unquoted)
		unquoted = strings.TrimPrefix(unquoted, " ") // space-stuffing
		if open && quote != depth {
			out.WriteByte('\n')
			open = false
		}
		if !open && quote > 0 {
			out.WriteString(line[:quote] + " ")
		}
		depth = quote
		if strings.HasSuffix(unquoted, " ") && unquoted != "-- " {
			if delSp {
				unquoted = unquoted[:len(unquoted)-1]
			}
			out.WriteString(unquoted)
			open = true
			continue
		}
		out.WriteString(unquoted + "\n")
		open = false
	}
	return out.String()
}

// limitedBuffer keeps the first bytes written to it and drops the rest.
type limitedBuffer struct {
	buf  *bytes.Buffer
	left int
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	n := min(len(p), b.left)
	b.buf.Write(p[:n])
	b.left -= n
	return len(p), nil
}
