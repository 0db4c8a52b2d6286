package trim

import (
	"regexp"
	"strings"
	"unicode"
)

// maxMarkLine is the longest line that can be one of the marks below. A longer
// one is not looked at, which keeps five-megabyte lines cheap.
const maxMarkLine = 500

// maxAttributionLines is over how many lines a client may wrap "On ... wrote:".
const maxAttributionLines = 4

// attributions are the lines above a quote, by language. Each ends in a colon;
// that a date or an address stands in it is checked beside.
var attributions = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
	`on\b.+\b(?:wrote|writes|said)\s*:`,                       // English
	`.+\b(?:wrote|writes)(?: on .+| at .+)?\s*:`,              // mutt, Thunderbird
	`am\b.+\bschrieb.*:`, `.+\bschrieb(?: am .+| an .+)?\s*:`, // German
	`le\b.+\ba [ée]crit\s*:`, `.+\ba [ée]crit\s*:`, // French
	`el\b.+\bescribi[óo]\s*:`, `.+\bescribi[óo]\s*:`, // Spanish
	`il\b.+\bha scritto\s*:`, `.+\bha scritto\s*:`, // Italian
	`op\b.+\b(?:schreef|geschreven).*:`, `.+\b(?:schreef|geschreven)\b.*:`, // Dutch
	`em\b.+\bescreveu\s*:`, `.+\bescreveu\s*:`, // Portuguese
	`(?:den|p[åa]|d\.|fre|lør|søn|man|tir|ons|tor)\b.+\bskr[ei]v.*:`, // Swedish, Danish, Norwegian
	`.+\bskrev\s*:`,    // the same
	`.+\bkirjoitti.*:`, // Finnish
	`(?:w dniu|dnia|dnia,)\s.+(?:napisa[łl]|pisze).*:`, `.+\snapisa[łl]\S*\s*:`, // Polish
	`.+\s(?:пишет|писал|написал)\S*(?:\s.*)?:`,      // Russian
	`.+(?:yazd[ıi]|yazmış)\s*:`,                     // Turkish
	`.+(?:のメール|書きました|wrote)\s*[:：]`, `\d{4}年.+[:：]`, // Japanese
	`.+写道\s*[:：]`, `.+寫道\s*[:：]`, // Chinese
	`.*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.+<[^<>]+@[^<>]+>\s*:`, // Gmail, Yandex, any language
	`.*\d{1,2}[:.]\d{2}.+<[^<>]+@[^<>]+>\s*:`,                // mail.ru, any language
}, `|`) + `)$`)

// attribution reports whether a text line ending at i, wrapped or not, says
// who wrote what follows, and where it starts.
func (c *cutter) attribution(i int) (start int, ok bool) {
	last := strings.TrimRight(c.lines[i], " \t\u00a0*_")
	if !strings.HasSuffix(last, ":") && !strings.HasSuffix(last, "：") {
		return 0, false
	}
	joined := ""
	for start = i; start >= 0 && i-start < maxAttributionLines; start-- {
		line := strings.TrimSpace(c.lines[start])
		if line == "" || isQuote(line) || len(line)+len(joined) > maxMarkLine {
			return 0, false
		}
		joined = strings.TrimSpace(strings.Trim(line, "*_") + " " + joined)
		if !c.mayTry() {
			return 0, false
		}
		if says := strings.ReplaceAll(joined, "\u00a0", " "); hasDateOrAddress(says) && attributions.MatchString(strings.TrimRight(says, " *_")) {
			return c.firstWordOf(start, i), true
		}
	}
	return 0, false
}

// firstWordOf finds the line above that an attribution really begins with: the
// bare "Bob <bob@example.com> wrote:" also ends "On Monday, \nBob ... wrote:".
func (c *cutter) firstWordOf(start, i int) int {
	for up := start - 1; up >= 0 && i-up < maxAttributionLines; up-- {
		line := strings.TrimSpace(c.lines[up])
		if line == "" || len(line) > maxMarkLine {
			return start
		}
		if attributionBegins.MatchString(line) && strings.IndexFunc(line, unicode.IsDigit) >= 0 {
			return up
		}
	}
	return start
}

var attributionBegins = regexp.MustCompile(`(?i)^[*_]*(?:on|am|le|el|il|op|em|den|w dniu|dnia|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})[\s,]`)

func hasDateOrAddress(s string) bool {
	return strings.Contains(s, "@") || strings.IndexFunc(s, unicode.IsDigit) >= 0
}

// originalMessage is the dashed line that Outlook and others put above.
var originalMessage = regexp.MustCompile(`(?i)^[\s>*]*(?:[-_=*]{2,}|—+)\s*(?:` + strings.Join([]string{
	`original (?:message|mail|email|appointment)`, `forwarded (?:message|by).*`, `reply message`, `(?:ursprüngliche|original|weitergeleitete) ?nachricht`,
	`message (?:d'origine|d’origine|original|transféré)`, `mail original`, `mensaje (?:original|reenviado)`, `messaggio (?:originale|inoltrato)`,
	`oorspronkelijk bericht`, `doorgestuurd bericht`, `mensagem (?:original|encaminhada)`, `(?:ursprungligt|originalt|oprindelig|opprinnelig) ?(?:meddelande|meddelelse|melding)`,
	`originalmeddelande`, `alkuperäinen viesti`, `(?:wiadomość|wiadomosc) oryginalna`, `oryginalna wiadomość`, `исходное сообщение`, `пересылаемое сообщение`,
	`(?:orijinal|özgün) (?:mesaj|ileti)`, `原始邮件`, `原始郵件`, `转发邮件信息`, `元のメッセージ`, `original-nachricht`,
}, `|`) + `)\s*(?:[-_=*]{2,}|—+)?\s*$`)

// forwarded is Apple Mail's line, which has no dashes.
var forwarded = regexp.MustCompile(`(?i)^\s*(?:begin forwarded message|début du message (?:réexpédié|transféré)|anfang der weitergeleiteten (?:nachricht|e-mail)|inicio del mensaje reenviado|inizio messaggio inoltrato|begin doorgestuurd bericht)\s*:\s*$`)

// replyAbove is the line at the top of a help desk's mail, ours or another's.
var replyAbove = regexp.MustCompile(`(?i)^[\s>#*\-=]{0,20}(?:please )?(?:type your |write your |enter your )?reply above (?:this|the) line\b.{0,30}$`)

func isReplyMarker(line string) bool {
	return strings.Contains(line, " above ") && replyAbove.MatchString(line)
}

func (c *cutter) originalMessage(line string) bool {
	line = strings.TrimSpace(line)
	switch {
	case line == "":
		return false
	case strings.HasSuffix(line, ":"):
		return c.mayTry() && forwarded.MatchString(line)
	case strings.ContainsAny(line[:1], "-_=*>") || strings.HasPrefix(line, "—"):
		return c.mayTry() && originalMessage.MatchString(line)
	}
	return false
}

// The lines of the header block that Outlook and others put above an older
// mail, without quoting it.
var (
	fromLine = regexp.MustCompile(`(?i)^\s*[*_]{0,2}(?:from|von|de|da|van|från|fra|od|от|кому|kimden|gönderen|lähettäjä|feladó|差出人|送信元|发件人|寄件者|寄件人)\s*[*_]{0,2}\s*[:：]`)
	moreLine = regexp.MustCompile(`(?i)^\s*[*_]{0,2}(sent|date|to|subject|cc|reply-to|gesendet|datum|an|betreff|kopie|antwort an|envoyé|date|à|objet|enviado(?: el| em)?|fecha|para|asunto|assunto|data|inviato|a|oggetto|verzonden|aan|onderwerp|skickat|till|ämne|kopia|sendt|til|emne|dato|wysłano|wysłane|do|temat|дата|отправлено|кому|тема|копия|gönderildi|tarih|kime|konu|lähetetty|vastaanottaja|päivämäärä|aihe|送信日時|日時|宛先|件名|发送时间|发送日期|时间|收件人|主题|日期|寄件日期|主旨|抄送)\s*[*_]{0,2}\s*[:：]`)
)

// headerBlockLines is how far below "From:" the other fields may stand.
const headerBlockLines = 10

// headerBlock reports whether a block of header lines begins at i: a From line
// and two different others.
func (c *cutter) headerBlock(i int) bool {
	if !strings.ContainsAny(c.lines[i], ":：") || !c.mayTry() || !fromLine.MatchString(c.lines[i]) {
		return false
	}
	seen := make(map[string]bool)
	blanks := 0
	for j := i + 1; j < c.end && j <= i+headerBlockLines && blanks < 2; j++ {
		line := c.lines[j]
		if blank(line) {
			blanks++
			continue
		}
		if len(line) > maxMarkLine {
			continue // a long list of recipients
		}
		if m := moreLine.FindStringSubmatch(line); m != nil {
			seen[strings.ToLower(m[1])] = true
			blanks = 0
		}
	}
	return len(seen) >= 2
}
