package inbound

import (
	"regexp"
	"strings"

	"golang.org/x/text/language"

	"deskpost/inbound/mime"
)

// Limits of what a mail says about its reader.
const (
	maxLanguageField = 1000 // bytes
	maxLanguages     = 10
)

// languageFields name languages, as RFC 3282 defines them for mail: first what the
// sender wants to be answered in, then what the mail is written in.
var languageFields = []string{"Accept-Language", "Content-Language"}

// spoken lists the languages that a mail names, as tags of RFC 5646, those first
// that its sender likes best to read. A field that cannot be read names none.
func spoken(h mime.Header) []string {
	var list []string
	for _, name := range languageFields {
		value := h.Get(name)
		if len(value) > maxLanguageField {
			continue
		}
		tags, _, err := language.ParseAcceptLanguage(comments.ReplaceAllString(value, " "))
		if err != nil {
			continue
		}
		for _, tag := range tags {
			if tag != language.Und && len(list) < maxLanguages {
				list = append(list, tag.String())
			}
		}
	}
	return list
}

// comments may stand anywhere in both fields (RFC 5322 section 3.2.2).
var comments = regexp.MustCompile(`\([^()]*\)`)

// offsetOfDate is the numeric zone at the end of a Date field (RFC 5322 section
// 3.3), up to the 14 hours that there are, and of whole quarters of one.
var offsetOfDate = regexp.MustCompile(`[0-9]\s+([+-](?:0[0-9]|1[0-4])(?:00|15|30|45))\s*(?:\([^()]*\)\s*)?$`)

// clock is the offset of the sender's clock from UTC, such as "-0500", "" if it is
// not known. The zone -0000 says that it is not (RFC 5322 section 3.3), and names
// of zones mean different ones to different people.
func clock(h mime.Header) string {
	value := h.Raw("Date")
	if len(value) > maxLanguageField {
		return ""
	}
	found := offsetOfDate.FindStringSubmatch(strings.TrimSpace(value))
	if found == nil || found[1] == "-0000" {
		return ""
	}
	return found[1]
}
