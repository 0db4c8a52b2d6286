package mime

import (
	"bytes"
	"strings"
)

// Report is what a machine says about an earlier mail (RFC 6522).
type Report struct {
	// Kind is "delivery-status" (RFC 3464), "disposition-notification" (RFC
	// 8098) or "feedback-report" (RFC 5965).
	Kind string
	// Fields holds what is said of the whole mail: Reporting-MTA, Arrival-Date.
	Fields Header
	// Recipients has one entry for each recipient that the report names.
	Recipients []Recipient
	// Original is the header of the mail the report is about, nil if it is not
	// attached.
	Original Header
}

// Recipient is one per-recipient group of a delivery status (RFC 3464 §2.3).
type Recipient struct {
	Original   string // Original-Recipient, the bare address
	Final      string // Final-Recipient, the bare address
	Action     string // lower case: failed, delayed, delivered, relayed, expanded
	Status     string // RFC 3463: "5.1.1", "" if unreadable
	Diagnostic string // Diagnostic-Code without its type
}

// isReport reports whether a leaf is the machine-readable part of a report.
func (l *leaf) isReport() bool { return reportKind(l.contentType) != "" }

// isMail reports whether a leaf is a mail, or the header of one.
func (l *leaf) isMail() bool {
	switch l.contentType {
	case "message/rfc822", "message/global", "text/rfc822-headers", "text/rfc822-header", "message/rfc822-headers",
		"message/global-headers", "text/rfc822":
		return true
	}
	return false
}

func reportKind(contentType string) string {
	switch contentType {
	case "message/delivery-status", "message/global-delivery-status":
		return "delivery-status"
	case "message/disposition-notification", "message/global-disposition-notification":
		return "disposition-notification"
	case "message/feedback-report":
		return "feedback-report"
	}
	return ""
}

// takeReport reads the beginning of a report part or of an embedded mail.
func (c *collector) takeReport(l *leaf, head []byte) {
	m := c.message
	if kind := reportKind(l.contentType); kind != "" {
		if m.Report == nil {
			m.Report = &Report{Kind: kind, Original: m.Embedded}
		}
		if m.Report.Kind == kind {
			m.Report.readGroups(readGroups(head, c.limits))
		}
		return
	}
	lines := newLineReader(bytes.NewReader(head))
	header := readHeader(lines, c.limits, true, func([]byte) bool { return false }, &problems{})
	if a := &m.Attachments[len(m.Attachments)-1]; l.fileName() == "" && header.Get("Subject") != "" && a.Type == "message/rfc822" {
		a.Name = SafeName(header.Get("Subject") + ".eml")
	}
	if m.Embedded != nil {
		return
	}
	m.Embedded = header
	if m.Report != nil && m.Report.Original == nil {
		m.Report.Original = m.Embedded
	}
}

// maxGroups bounds the recipients of one report.
const maxGroups = 500

// readGroups reads header-like groups separated by blank lines.
func readGroups(text []byte, lim Limits) []Header {
	var groups []Header
	lines := newLineReader(bytes.NewReader(text))
	for len(groups) < maxGroups {
		piece, _, ok := lines.next()
		if !ok {
			break
		}
		if isBlank(piece) || !beginsHeader(piece, false) {
			continue // also dirt between groups
		}
		lines.giveBack([][]byte{bytes.Clone(piece)})
		groups = append(groups, readHeader(lines, lim, false, func([]byte) bool { return false }, &problems{}))
	}
	return groups
}

func (r *Report) readGroups(groups []Header) {
	for _, g := range groups {
		got := Recipient{
			Original:   typedAddress(g.Get("Original-Recipient")),
			Final:      typedAddress(g.Get("Final-Recipient")),
			Action:     strings.ToLower(firstWord(g.Get("Action"))),
			Status:     StatusCode(g.Get("Status")),
			Diagnostic: afterType(g.Get("Diagnostic-Code")),
		}
		named := got.Final != "" || got.Original != "" || got.Action != ""
		if named && r.Kind != "feedback-report" {
			r.Recipients = append(r.Recipients, got)
		}
		if !named || r.Kind != "delivery-status" {
			r.Fields = append(r.Fields, g...)
		}
	}
	if r.Kind == "feedback-report" {
		for _, to := range append(r.Fields.All("Original-Rcpt-To"), r.Fields.All("Removal-Recipient")...) {
			r.Recipients = append(r.Recipients, Recipient{Final: typedAddress(to)})
		}
	}
}

// typedAddress takes the address out of "rfc822; <user@example.com>".
func typedAddress(value string) string {
	if list := ParseAddresses(afterType(value), 1); len(list) > 0 {
		return list[0].Address
	}
	return ""
}

// afterType drops the "smtp;" or "rfc822;" before a value.
func afterType(value string) string {
	if kind, rest, ok := strings.Cut(value, ";"); ok && isToken(strings.TrimSpace(kind)) {
		value = rest
	}
	return strings.TrimSpace(value)
}

func firstWord(s string) string {
	if words := strings.Fields(s); len(words) > 0 {
		return strings.TrimRight(words[0], ";,(")
	}
	return ""
}

// StatusCode finds the enhanced status code (RFC 3463 §2) that a text begins
// with, such as "5.1.1", or returns "".
func StatusCode(s string) string {
	word := firstWord(s)
	parts := strings.Split(word, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || !strings.Contains("245", parts[0]) {
		return ""
	}
	for _, part := range parts[1:] {
		if part == "" || len(part) > 3 || strings.Trim(part, "0123456789") != "" {
			return ""
		}
	}
	return word
}
