package inbound

import (
	"strings"

	"deskpost/inbound/mime"
)

// Kind names what sort of mail a mail is.
type Kind string

// The kinds. A list or bulk mail is written by a person or may be; the others
// below Message are machines' mail.
const (
	KindMessage   Kind = "message"
	KindAutoReply Kind = "auto_reply" // vacation notices and other automatic answers
	KindBounce    Kind = "bounce"     // delivery has failed for somebody
	KindDelay     Kind = "delay"      // delivery is late; no failure (RFC 3464 §2.3.3)
	KindList      Kind = "list"       // came through a mailing list
	KindBulk      Kind = "bulk"
	KindReport    Kind = "report"    // a feedback report (RFC 5965)
	KindChallenge Kind = "challenge" // asks the sender to prove to be human
	KindReceipt   Kind = "receipt"   // delivered, displayed (RFC 3464, RFC 8098)
)

// Class is what a mail is, as far as the mail itself can tell.
//
// Machine and NoAnswer are two questions and must not be mixed: Machine
// changes the path of a mail, NoAnswer only silences us. A person who writes
// through a list or from a client that sets X-Auto-Response-Suppress is
// NoAnswer and is served like everybody else.
type Class struct {
	Kind      Kind
	Machine   bool // no person wrote it: it reopens nothing and stops no clock
	Generated bool // a machine that writes by itself, such as monitoring: worth a ticket
	NoAnswer  bool // never answer it automatically
	Why       []string
	Bounces   []Bounce
}

// noticeHeader is in every mail of ours, signed, and ends loops.
const noticeHeader = "X-Deskpost-Notice"

// Classify tells what a mail is. What stands outside of the mail is for the
// desk to add: whether it is our own coming back, its age, the caps.
func Classify(m *mime.Message) Class {
	c := classifier{m: m, class: Class{Kind: KindMessage}}
	c.readHeader()
	c.readReport()
	c.readFreeFormBounce()
	c.readAutoReply()
	c.readAnswerable()
	return c.class
}

type classifier struct {
	m     *mime.Message
	class Class
	// daemon is set when a mail system wrote the mail, by its sender.
	daemon   bool
	nullPath bool
}

// machine marks the mail as a machine's. A kind found earlier stays.
func (c *classifier) machine(kind Kind, why string) {
	c.class.Machine = true
	c.class.NoAnswer = true
	c.class.Why = append(c.class.Why, why)
	if c.class.Kind == KindMessage {
		c.class.Kind = kind
	}
}

func (c *classifier) silent(kind Kind, why string) {
	c.class.NoAnswer = true
	c.class.Why = append(c.class.Why, why)
	if c.class.Kind == KindMessage {
		c.class.Kind = kind
	}
}

// readHeader looks at what a sender says openly.
func (c *classifier) readHeader() {
	h := c.m.Header
	from := c.sender()
	c.daemon = isDaemon(from)
	path := strings.TrimSpace(h.Raw("Return-Path"))
	c.nullPath = path == "<>" || path == `""` || path == "<<>>" || h.Has("Return-Path") && path == ""
	if h.Has(noticeHeader) {
		// Whether it is ours the desk tells by its signature. An agent's reply
		// from somebody else's desk carries one too, and a person wrote it.
		c.silent(KindMessage, "has the notice header of a help desk")
	}
	if word := firstToken(h.Get("Auto-Submitted")); h.Has("Auto-Submitted") && word != "no" && word != "" {
		c.class.Generated = word == "auto-generated"
		c.class.Machine, c.class.NoAnswer = true, true
		c.class.Why = append(c.class.Why, "Auto-Submitted: "+word)
	}
}

// sender returns the address of the From field, in lower case.
func (c *classifier) sender() string {
	if len(c.m.From) == 0 {
		return ""
	}
	return strings.ToLower(c.m.From[0].Address)
}

func localPart(address string) string {
	if i := strings.LastIndexByte(address, '@'); i >= 0 {
		return address[:i]
	}
	return address
}

// isDaemon reports whether an address is a mail system's.
func isDaemon(address string) bool {
	letters := strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r == '_' {
			return -1
		}
		return r
	}, localPart(address))
	switch letters {
	case "mailerdaemon", "maildaemon", "postmaster", "mdaemon", "mailsystem", "maildelivery", "maildeliverysystem",
		"maildeliverysubsystem", "postoffice", "mailadmin":
		return true
	}
	return strings.HasPrefix(address, "mailer-daemon") || strings.HasPrefix(address, "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e@")
}

// firstToken returns the value of a field up to its parameters, in lower case:
// RFC 3834 §5 allows "auto-replied; owner-email=...".
func firstToken(value string) string {
	value, _, _ = strings.Cut(strings.ToLower(value), ";")
	value, _, _ = strings.Cut(value, "(")
	if words := strings.Fields(value); len(words) > 0 {
		return words[0]
	}
	return ""
}

// readReport looks at the machine-readable part of a report.
func (c *classifier) readReport() {
	r := c.m.Report
	if r == nil || !c.isReport() {
		return
	}
	switch r.Kind {
	case "feedback-report":
		c.machine(KindReport, "is a feedback report")
		for _, to := range r.Recipients {
			c.addBounce(Bounce{Recipient: to.Final})
		}
	case "disposition-notification":
		c.machine(KindReceipt, "is a disposition notification")
	default:
		c.readDeliveryStatus(r)
	}
}

// isReport reports whether the mail itself is a report. A person may attach
// one to ask what it means.
func (c *classifier) isReport() bool {
	kind := firstToken(c.m.Header.Raw("Content-Type"))
	return kind == "multipart/report" || strings.HasPrefix(kind, "message/") ||
		c.daemon || c.nullPath || c.class.Machine || c.m.Header.Has("X-Failed-Recipients")
}

// readAutoReply looks for automatic answers of systems that do not say
// Auto-Submitted.
func (c *classifier) readAutoReply() {
	h := c.m.Header
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-AutoReply-From", "X-Autoresponse", "X-Autogenerated", "X-Autoreply-From"} {
		if h.Has(name) && !strings.EqualFold(strings.TrimSpace(h.Get(name)), "no") {
			c.machine(KindAutoReply, "has "+name)
		}
	}
	precedence := firstToken(h.Get("Precedence"))
	if precedence == "auto_reply" || precedence == "auto-reply" {
		c.machine(KindAutoReply, "Precedence: "+precedence)
	}
	if h.Has("X-MS-Exchange-Inbox-Rules-Loop") && h.Has("X-Auto-Response-Suppress") {
		c.machine(KindAutoReply, "is the work of an Exchange inbox rule")
	}
	if c.nullPath {
		c.machine(KindAutoReply, "has a null return path")
	}
	if isChallenge(h) {
		c.class.Kind = KindChallenge
	}
	// A subject alone proves nothing: people do write "Out of office key".
	signs := c.class.Machine || c.class.NoAnswer && !h.Has(noticeHeader) || c.daemon || c.suppresses() || precedence == "bulk" || precedence == "junk" || h.Has("X-Loop")
	if subject := autoSubject(c.m.Subject); subject != "" && signs {
		c.machine(KindAutoReply, "subject begins "+subject+", beside another sign")
	}
	if c.class.Machine && c.class.Kind == KindMessage {
		c.class.Kind = KindAutoReply
	}
}

// readAnswerable asks whether we may answer by ourselves.
func (c *classifier) readAnswerable() {
	h := c.m.Header
	if c.daemon {
		c.silent(KindMessage, "comes from a mail system")
	}
	for _, name := range []string{"List-Id", "List-Post", "Mailing-List", "X-Mailing-List"} {
		if h.Has(name) {
			c.silent(KindList, "has "+name)
		}
	}
	switch precedence := firstToken(h.Get("Precedence")); precedence {
	case "list":
		c.silent(KindList, "Precedence: list")
	case "bulk", "junk":
		c.silent(KindBulk, "Precedence: "+precedence)
	}
	if h.Has("List-Unsubscribe") {
		c.silent(KindBulk, "has List-Unsubscribe")
	}
	if c.suppresses() {
		c.silent(KindMessage, "X-Auto-Response-Suppress asks for silence")
	}
	if h.Has("X-Loop") {
		c.silent(KindMessage, "has X-Loop")
	}
	if local := localPart(c.sender()); isNoReply(local) {
		c.silent(KindMessage, "comes from "+local)
	}
}

// suppresses reports whether X-Auto-Response-Suppress asks for no automatic
// answer. It says nothing about who wrote the mail.
func (c *classifier) suppresses() bool {
	for _, word := range strings.FieldsFunc(strings.ToLower(c.m.Header.Get("X-Auto-Response-Suppress")), func(r rune) bool {
		return r == ',' || r == ' ' || r == ';'
	}) {
		if word == "all" || word == "oof" || word == "autoreply" {
			return true
		}
	}
	return false
}

// isNoReply reports whether nobody reads what is sent to an address.
func isNoReply(local string) bool {
	for _, word := range []string{"no-reply", "noreply", "no_reply", "donotreply", "do-not-reply", "do_not_reply"} {
		if strings.HasPrefix(local, word) || strings.HasSuffix(local, word) {
			return true
		}
	}
	return strings.HasPrefix(local, "owner-") || strings.HasSuffix(local, "-request") || strings.HasSuffix(local, "-bounces") || strings.HasSuffix(local, "-owner")
}

// autoSubject returns the beginning of a subject that out-of-office programs
// write, or "".
func autoSubject(subject string) string {
	subject = strings.ToLower(strings.TrimSpace(subject))
	for _, prefix := range []string{
		"automatic reply:", "auto reply", "auto-reply", "autoreply", "auto:", "out of office", "out of the office", "ooo:", "vacation", "away from",
		"autosvar", "automatiskt svar", "automatisk svar", "automatische antwort", "abwesenheit", "abwesend", "réponse automatique", "absence",
		"respuesta automática", "fuera de", "risposta automatica", "fuori sede", "automatisch antwoord", "afwezig", "resposta automática",
		"autoodpowiedź", "odpowiedź automatyczna", "автоответ", "автоматический ответ", "otomatik yanıt", "自動返信", "自动回复", "自動回覆",
	} {
		if strings.HasPrefix(subject, prefix) {
			return prefix
		}
	}
	return ""
}

// isChallenge reports whether a mail asks its reader to prove to be human.
func isChallenge(h mime.Header) bool {
	return h.Has("X-Boxbe-Notification") || h.Has("X-Spamarrest-Noauth") || h.Has("X-Challenge-Response") || h.Has("X-Tmda-Confirm")
}
