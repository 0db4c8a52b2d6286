package ticket

import (
	"regexp"
	"slices"
	"strings"
)

// privateTypes are attachments that tell about their sender: signatures that
// would no longer fit the mail, and visiting cards.
var privateTypes = []string{"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature",
	"application/pgp-keys", "text/vcard", "text/x-vcard", "text/directory"}

// publicFiles are the files of an agent's mail that may go to a customer.
func publicFiles(files []File) []File {
	return slices.DeleteFunc(slices.Clone(files), func(f File) bool { return slices.Contains(privateTypes, f.Type) })
}

// hasMail reports whether a whole mail is among the files: its headers may hold
// any address.
func hasMail(files []File) bool {
	return slices.ContainsFunc(files, func(f File) bool { return f.Type == "message/rfc822" })
}

// publicText is an agent's text as a customer may read it: the agent's own
// words, and of what the agent's mail program quoted only what the customer has
// seen before. A notice to an agent holds notes, held texts and the state of
// the ticket, and mail programs quote all of it.
func publicText(text string, seen string) string {
	seen = folded(seen)
	var out []string
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); {
		if !isQuoted(lines[i]) {
			out = append(out, lines[i])
			i++
			continue
		}
		end := i
		for end < len(lines) && isQuoted(lines[end]) {
			end++
		}
		kept := slices.DeleteFunc(slices.Clone(lines[i:end]), func(line string) bool {
			words := folded(unquoted(line))
			return words == "" || !strings.Contains(seen, words)
		})
		if len(kept) == 0 {
			out = withoutAttribution(out)
		}
		out = append(out, kept...)
		i = end
	}
	return strings.TrimSpace(manyBlank.ReplaceAllString(strings.Join(out, "\n"), "\n\n"))
}

var (
	quoteMark = regexp.MustCompile(`^[ \t]*[>|][>| \t]*`)
	manyBlank = regexp.MustCompile(`\n[ \t]*\n([ \t]*\n)+`)
)

func isQuoted(line string) bool   { return quoteMark.MatchString(line) }
func unquoted(line string) string { return quoteMark.ReplaceAllString(line, "") }
func folded(text string) string   { return strings.Join(strings.Fields(text), " ") }

// withoutAttribution drops the line above a quote that says whose words it was:
// the last paragraph, if it ends with a colon and is short.
func withoutAttribution(lines []string) []string {
	end := len(lines)
	for end > 0 && strings.TrimSpace(lines[end-1]) == "" {
		end--
	}
	start := end
	for start > 0 && strings.TrimSpace(lines[start-1]) != "" {
		start--
	}
	paragraph := strings.TrimSpace(strings.Join(lines[start:end], " "))
	if end-start > 3 || !strings.HasSuffix(paragraph, ":") {
		return lines
	}
	return lines[:start]
}

// shownBefore is everything in a thread that all who get a reply have seen.
func shownBefore(in *insight, entries []Entry) string {
	var b strings.Builder
	for _, e := range entries {
		if in.saw(&e) {
			b.WriteString(e.Text + "\n" + e.Quoted + "\n")
		}
	}
	return b.String()
}

// leaked is a line of an internal text that stands in a text for a customer, ""
// if there is none. Only lines long enough to be no accident count.
func leaked(text string, internal []string) string {
	text = folded(text)
	for _, private := range internal {
		for line := range strings.SplitSeq(private, "\n") {
			if words := folded(line); len(words) >= leakLength && strings.Contains(text, words) {
				return words
			}
		}
	}
	return ""
}

// leakLength is how many bytes in a row are no accident.
const leakLength = 20
