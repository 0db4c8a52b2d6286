package inbound

import (
	"regexp"
	"strings"

	"deskpost/inbound/mime"
)

// Bounce is what became of one recipient of an earlier mail. A bounce is
// forgeable (RFC 3464 §4.1): it may disable an address only with our token.
type Bounce struct {
	Recipient  string // the address that failed, as the failing system names it
	Original   string // the address as the mail was sent to it, "" if not said
	Status     string // RFC 3463 "5.1.1", "" if nobody said one
	Diagnostic string // the words of the failing system
	Permanent  bool   // it makes no sense to try again
	Delayed    bool   // no failure yet
}

// maxBounces bounds the recipients taken from one mail.
const maxBounces = 500

func (c *classifier) addBounce(b Bounce) {
	b.Recipient = strings.Trim(strings.TrimPrefix(strings.ToLower(b.Recipient), "mailto:"), "<>., '\"")
	if b.Recipient == "" || len(c.class.Bounces) >= maxBounces {
		return
	}
	for i, known := range c.class.Bounces {
		if known.Recipient == b.Recipient {
			if known.Status == "" && b.Status != "" {
				c.class.Bounces[i] = b
			}
			return
		}
	}
	c.class.Bounces = append(c.class.Bounces, b)
}

// readDeliveryStatus reads the groups of RFC 3464 §2.3.
func (c *classifier) readDeliveryStatus(r *mime.Report) {
	failed, delayed, good := false, false, false
	for _, to := range r.Recipients {
		b := Bounce{Recipient: to.Final, Original: to.Original, Diagnostic: to.Diagnostic}
		if b.Recipient == "" || !strings.Contains(b.Recipient, "@") && strings.Contains(to.Original, "@") {
			b.Recipient = to.Original
		}
		b.Status = moreExact(to.Status, to.Diagnostic)
		switch {
		case to.Action == "delayed":
			delayed, b.Delayed = true, true
		case to.Action == "delivered", to.Action == "relayed", to.Action == "expanded", strings.HasPrefix(to.Status, "2."):
			good = true
			continue
		default:
			failed = true
			b.Permanent = isPermanent(b.Status, b.Diagnostic, true)
		}
		c.addBounce(b)
	}
	if len(c.class.Bounces) == 1 {
		// With one recipient the human part can be about nobody else.
		b := &c.class.Bounces[0]
		if said := enhancedIn(c.m.Text); said != "" && (b.Status == "" || said[0] == b.Status[0]) {
			b.Status = moreExact(b.Status, said)
		}
	}
	switch {
	case failed, !delayed && !good:
		c.machine(KindBounce, "is a delivery status notification of a failure")
	case delayed:
		c.machine(KindDelay, "is a delivery status notification of a delay")
	default:
		c.machine(KindReceipt, "is a delivery status notification of a success")
	}
}

// moreExact returns the status code, or the one in the diagnostic if the
// status says no more than "failed".
func moreExact(status, diagnostic string) string {
	found := enhancedIn(diagnostic)
	switch {
	case status == "":
		return found
	case strings.HasSuffix(status, ".0.0") && found != "" && !strings.HasSuffix(found, ".0.0"):
		return found
	}
	return status
}

// isPermanent decides by the class of the status, else by the SMTP code in the
// diagnostic, else as the caller thinks.
func isPermanent(status, diagnostic string, otherwise bool) bool {
	if status == "" {
		status = codeIn(diagnostic)
	}
	switch {
	case strings.HasPrefix(status, "5"):
		return true
	case strings.HasPrefix(status, "4"):
		return false
	}
	return otherwise
}

var (
	enhancedCode = regexp.MustCompile(`(?:^|[\s(#:;\[<\-])([45]\.\d{1,3}\.\d{1,3})(?:$|[\s):;,.\]>\-])`)
	smtpCode     = regexp.MustCompile(`(?:^|[\s(#:;\[<'"])([45][0-5]\d)(?:$|[\s\-:;,.)#])`)
)

func enhancedIn(text string) string {
	if m := enhancedCode.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

func codeIn(text string) string {
	if m := smtpCode.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// readFreeFormBounce reads the bounces of systems that do not write RFC 3464,
// or write it without naming anybody.
func (c *classifier) readFreeFormBounce() {
	if len(c.class.Bounces) > 0 || c.class.Kind == KindReceipt || c.class.Kind == KindReport {
		return
	}
	failed := c.m.Header.Get("X-Failed-Recipients")
	words := c.bounceWords()
	systemMail := c.daemon || c.nullPath || firstToken(c.m.Header.Raw("Content-Type")) == "multipart/report"
	if failed == "" && !(systemMail && words != "") && !isUnmistakable(c.m.Text) {
		return
	}
	reasons := c.reasons()
	for _, a := range mime.ParseAddresses(failed, maxBounces) {
		b := Bounce{Recipient: a.Address, Permanent: true}
		for _, known := range reasons {
			if strings.EqualFold(known.Recipient, a.Address) {
				b = known
			}
		}
		c.addBounce(b)
	}
	if failed == "" {
		for _, b := range reasons {
			c.addBounce(b)
		}
	}
	if len(c.class.Bounces) == 0 && c.m.Embedded != nil {
		for _, a := range mime.ParseAddresses(c.m.Embedded.Raw("To"), 1) {
			c.addBounce(Bounce{Recipient: a.Address, Status: enhancedIn(c.m.Text), Permanent: isPermanent(enhancedIn(c.m.Text), c.m.Text, true)})
		}
	}
	kind := KindBounce
	if words == "delay" {
		kind = KindDelay
		for i := range c.class.Bounces {
			c.class.Bounces[i].Delayed, c.class.Bounces[i].Permanent = true, false
		}
	}
	if len(c.class.Bounces) > 0 || systemMail {
		c.machine(kind, "reads like a bounce")
	}
}

// bounceWords tells by subject and first words what a mail system reports:
// "failure", "delay" or "".
func (c *classifier) bounceWords() string {
	text := strings.ToLower(c.m.Subject + "\n" + c.m.Text[:min(len(c.m.Text), 4<<10)])
	for _, words := range []string{
		"delivery is delayed", "delivery delayed", "message delayed", "warning: message", "could not send message for past", "has not yet been delivered",
		"not been delivered yet", "this is a warning message only", "delivery status notification (delay)", "will be retried", "still being retried",
	} {
		if strings.Contains(text, words) {
			return "delay"
		}
	}
	for _, words := range []string{
		"undeliver", "delivery fail", "delivery status", "delivery notification", "failure notice", "returned mail", "returned to sender", "mail failure",
		"could not be delivered", "couldn't be delivered", "wasn't delivered", "not delivered", "unable to deliver", "delivery error", "non remis", "unzustellbar",
		"user unknown", "unknown user", "no such user", "mailbox", "did not reach", "non-delivery", "nondeliverable", "permanent error", "permanent fatal error",
		"recipient", "mail delivery", "returning", "fehlgeschlagen", "rejected", "bounce", "undelivered", "message status", "failed",
	} {
		if strings.Contains(text, words) {
			return "failure"
		}
	}
	return ""
}

// isUnmistakable reports whether a text begins as only a mail system's does.
func isUnmistakable(text string) bool {
	text = strings.TrimSpace(text[:min(len(text), 600)])
	return strings.HasPrefix(text, "Hi. This is the ") || // qmail
		strings.Contains(text, "This message was created automatically by mail delivery software") || // Exim
		strings.Contains(text, "This is the mail system at host") || strings.Contains(text, "This is the Postfix program at host") ||
		strings.Contains(text, "did not reach some or all of the intended recipients") || // Exchange
		strings.Contains(text, "----- The following addresses had permanent fatal errors -----") // sendmail
}

// Limits of the search for reasons.
const (
	reasonLines     = 400 // of the text
	reasonLineBytes = 500
	reasonBelow     = 12 // lines that may belong to one address
)

var (
	// addressAtStart finds "<user@example.com>:", an indented address, and
	// "To: user@example.com" alone.
	addressAtStart  = regexp.MustCompile(`^[\s>*\-]*(?:(?i:to|recipient|final-recipient|user|address|email|failed recipient|recipient address|original recipient)\s*[:=]\s*(?:rfc822;\s*)?)?["'(\[]?<?(?:mailto:)?([^\s<>@:;,"'()\[\]]+@[A-Za-z0-9.\-_]+[A-Za-z0-9])>?["')\]]?\.{0,3}(?:[:;,\s]|$)`)
	addressAnywhere = regexp.MustCompile(`([^\s<>@:;,"'()\[\]=]+@[A-Za-z0-9.\-_]+\.[A-Za-z0-9]+)`)
	originalBelow   = regexp.MustCompile(`(?i)^[\s>]*(?:-{2,}\s*(?:below this line|this is a copy|original message|the unsent message|message header|unsent message|returned message|the header)|received: from|return-path:|----- message header|message header|original message follows|included is a copy)`)
)

// reasons finds the addresses that a text complains about, each with the words
// that follow it: first those that begin a line, else any.
func (c *classifier) reasons() []Bounce {
	lines := strings.SplitN(c.m.Text, "\n", reasonLines+1)
	lines = lines[:min(len(lines), reasonLines)]
	for i, line := range lines {
		if i > 0 && originalBelow.MatchString(line) {
			lines = lines[:i]
			break
		}
		lines[i] = line[:min(len(line), reasonLineBytes)]
	}
	if found := c.complaints(lines, addressAtStart); len(found) > 0 {
		return found
	}
	return c.complaints(lines, addressAnywhere)
}

func (c *classifier) complaints(lines []string, pattern *regexp.Regexp) []Bounce {
	var found []Bounce
	var words [][]string
	for _, line := range lines {
		if m := pattern.FindStringSubmatch(line); m != nil && !c.isSender(m[1]) {
			found = append(found, Bounce{Recipient: m[1]})
			words = append(words, nil)
		}
		if k := len(found) - 1; k >= 0 && len(words[k]) < reasonBelow {
			words[k] = append(words[k], strings.TrimSpace(line))
		}
	}
	for i := range found {
		text := strings.Join(words[i], " ")
		found[i].Diagnostic = strings.ToValidUTF8(strings.TrimSpace(text), "")
		found[i].Status = enhancedIn(text)
		found[i].Permanent = isPermanent(found[i].Status, text, true)
	}
	return found
}

// isSender reports whether an address belongs to the report's writer or to the
// writer of the mail that failed.
func (c *classifier) isSender(address string) bool {
	if strings.EqualFold(address, c.sender()) || isDaemon(strings.ToLower(address)) {
		return true
	}
	for _, to := range c.m.To {
		if strings.EqualFold(address, to.Address) {
			return true // the report is addressed to the sender of the mail
		}
	}
	return false
}
