package templates

import (
	"slices"

	"golang.org/x/text/language"

	"deskpost/ticket"
)

// English is the language that everything is worded in. What agents read is in no
// other.
const English = "en"

// languages are those that there are words in.
var languages = ticket.Languages()

// Languages lists the languages that there are words in, by their tags of RFC 5646.
func Languages() []string { return slices.Clone(languages) }

// matcher finds the best of our languages for what somebody reads.
var matcher = language.NewMatcher(tags())

func tags() []language.Tag {
	all := make([]language.Tag, 0, len(languages))
	for _, l := range languages {
		all = append(all, language.MustParse(l))
	}
	return all
}

// maxAccepted keeps long nonsense away from the parser.
const maxAccepted = 1000 // bytes

// Accepted is the language of ours that a reader likes best who accepts those of
// an Accept-Language field (RFC 9110 section 12.5.4), "" if there is none that
// they accept. Only what is the same language counts: who reads Catalan does not
// ask for Spanish, though a matcher finds it near.
func Accepted(field string) string {
	if len(field) > maxAccepted {
		return ""
	}
	wanted, _, err := language.ParseAcceptLanguage(field)
	if err != nil {
		return ""
	}
	for _, w := range wanted {
		if _, at, sure := matcher.Match(w); sure >= language.High {
			return languages[at]
		}
	}
	return ""
}
