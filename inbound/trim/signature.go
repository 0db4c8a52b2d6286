package trim

import (
	"regexp"
	"strings"
)

// maxSignatureLines is how long what follows "-- " may be to be a signature.
// A sender who draws a line of dashes and goes on at length means text.
const maxSignatureLines = 20

// maxBlocks is how many markers and signatures may stand one above another.
// Beyond that they are no client's work.
const maxBlocks = 10

// cutSignature cuts client markers and a signature off the end.
func (c *cutter) cutSignature() {
	for range maxBlocks {
		c.dropBlank()
		start := c.signatureStart()
		if start <= 0 {
			return
		}
		c.cutAt(start, &c.signature)
	}
}

// signatureStart returns where the block at the end begins that is no words of
// the sender's, or -1.
func (c *cutter) signatureStart() int {
	if c.end == 0 {
		return -1
	}
	if isClientMarker(c.lines[c.end-1]) {
		return c.end - 1
	}
	count, paragraphs, prose := 0, 1, false
	for i := c.end - 1; i >= 0 && count <= maxSignatureLines; i-- {
		line := c.lines[i]
		switch {
		case isQuote(line):
			return -1
		case isDelimiter(line), isBareDelimiter(line) && !(prose && paragraphs > 1), isListFooter(line) && count <= 8:
			return i
		case blank(line):
			paragraphs++
		default:
			prose = prose || endsSentence(line)
			count++
		}
	}
	return -1
}

// isDelimiter reports whether a line is the signature delimiter (RFC 3676
// §4.3), with the blank that makes it one.
func isDelimiter(line string) bool { return line == "-- " || line == "--\u00a0" }

// isBareDelimiter reports whether a line is the delimiter without its blank, as many
// clients write it. People draw such a line too, and go on below it: several
// paragraphs with sentences are no signature.
func isBareDelimiter(line string) bool {
	switch strings.TrimRight(line, " \t\u00a0") {
	case "--", "—", "– –":
		return true
	}
	return false
}

// endsSentence reports whether a line ends the way sentences do.
func endsSentence(line string) bool {
	line = strings.TrimRight(line, " \t")
	return line != "" && strings.ContainsRune(".?!:", rune(line[len(line)-1])) && strings.Contains(line, " ")
}

// isListFooter reports whether a line is the rule above a mailing list's
// footer or a signature: nothing but underscores.
func isListFooter(line string) bool {
	line = strings.TrimSpace(line)
	return len(line) >= 15 && strings.Trim(line, "_") == ""
}

// clientMarker is the line that phones and web clients add, after its links
// have been taken out.
var clientMarker = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
	`sent (?:from|via|with|by|using) (?:my |an? |the )?\S+(?: \S+){0,6}`, `get outlook for \S+`, `(?:von|mit) (?:meinem|meiner) .{1,40} gesendet`,
	`(?:diese nachricht wurde )?(?:gesendet|verschickt) (?:von|mit|über|aus)(?: \S+){1,5}`, `envoyé (?:de|depuis|à partir de|avec) (?:mon |ma |l')?\S+(?: \S+){0,5}`,
	`enviado (?:desde|do|de|a partir do|con)(?: \S+){1,5}`, `enviada? do meu(?: \S+){1,4}`, `inviato (?:da|dal|con)(?: \S+){1,5}`, `(?:verzonden|verstuurd) (?:van|vanaf|met|via)(?: \S+){1,5}`,
	`skickat från(?: \S+){1,5}`, `sendt fra(?: \S+){1,5}`, `sendt fra min(?: \S+){1,3}`, `lähetetty(?: \S+){1,4}`, `(?:wysłane|wysłano) (?:z|ze|za pomocą)(?: \S+){1,5}`,
	`отправлено (?:с|из|со)(?: \S+){1,5}`, `\S*(?:iphone|ipad|android)\S* gönderildi`, `.{1,20}から送信`, `发自(?:我的)?.{1,20}`, `從我的.{1,20}傳送`,
}, `|`) + `)$`)

var markerLink = regexp.MustCompile(`[<(\[](?:https?://|mailto:)?[^<>()\[\]\s]*[>)\]]`)

// isClientMarker reports whether a line is "Sent from my iPhone" or one of its
// kin. A comma or a full stop makes it a sentence about where it was sent from.
func isClientMarker(line string) bool {
	if len(line) > maxMarkLine {
		return false
	}
	line = strings.TrimSpace(markerLink.ReplaceAllString(line, ""))
	line = strings.Trim(line, " *_-\u00a0")
	if len(line) > 100 || strings.ContainsAny(line, ",;!?") {
		return false
	}
	return clientMarker.MatchString(strings.TrimSuffix(line, "."))
}
