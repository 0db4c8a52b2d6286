package mime

import (
	"net/mail"
	"regexp"
	"strings"
	"time"
)

// maxIDs bounds In-Reply-To and References. Of a longer list the first id, the
// thread's root, and the last ones, the nearest parents, are kept.
const maxIDs = 100

// maxIDBytes is the longest message id kept; RFC 5322 lines end at 998.
const maxIDBytes = 998

var bracketed = regexp.MustCompile(`<[^<>\s]+>`)

// MessageIDs returns the message ids in a field, without brackets.
func (h Header) MessageIDs(name string) []string { return messageIDs(h.Raw(name)) }

// messageIDs finds message ids in a field. The strict grammar of RFC 5322
// §3.6.4 would lose most of what is sent, so anything in brackets counts.
func messageIDs(value string) []string {
	var ids []string
	for _, id := range bracketed.FindAllString(value, -1) {
		ids = append(ids, cleanID(id))
	}
	if len(ids) == 0 { // no brackets at all
		for _, word := range strings.Fields(value) {
			if strings.Contains(word, "@") {
				ids = append(ids, cleanID(word))
			}
		}
	}
	if len(ids) > maxIDs {
		ids = append(ids[:1:1], ids[len(ids)-maxIDs+1:]...)
	}
	return ids
}

// messageID reads the id of the mail itself, which counts even if it is odd.
func messageID(value string) string {
	if ids := messageIDs(value); len(ids) > 0 {
		return ids[0]
	}
	return cleanID(value)
}

func cleanID(id string) string {
	id = strings.Trim(clean(guess([]byte(id))), "<> \t")
	if len(id) > maxIDBytes {
		id = strings.ToValidUTF8(id[:maxIDBytes], "")
	}
	return id
}

// maxDateBytes keeps nonsense away from the date parsers.
const maxDateBytes = 100

// parseDate reads a Date field, the zero time if there is no sense in it.
func parseDate(value string) time.Time {
	value = clean(guess([]byte(value)))
	if len(value) > maxDateBytes {
		return time.Time{}
	}
	if t, err := mail.ParseDate(value); err == nil {
		return t
	}
	// Drop a comment, and the name of the day, which is often wrong or foreign.
	value, _, _ = strings.Cut(value, "(")
	if day, rest, ok := strings.Cut(value, ","); ok && len(day) < 15 {
		value = rest
	}
	value = strings.Join(strings.Fields(value), " ")
	for _, layout := range []string{
		"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 -07:00",
		"2 Jan 2006 15:04:05", "2 Jan 2006 15:04 -0700", "2 Jan 06 15:04:05 -0700", "2 January 2006 15:04:05 -0700",
		"2-Jan-2006 15:04:05 -0700", "Jan 2 2006 15:04:05 -0700", "Mon Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05 MST 2006",
		"Mon Jan 2 15:04:05 2006 -0700", "2 Jan 2006 15.04.05 -0700", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05",
		time.RFC3339, "2 Jan 2006",
	} {
		if t, err := time.Parse(layout, value); err == nil {
			return t
		}
	}
	return time.Time{}
}
