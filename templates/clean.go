package templates

import (
	"slices"
	"strings"
	"unicode"

	"deskpost/ticket"
)

// cleanFacts makes every string of the facts harmless to show: what is one
// line stays one line, and no character can hide or turn round the text beside
// it. Templates do the rest by escaping.
func cleanFacts(f ticket.Facts) ticket.Facts {
	for _, s := range []*string{&f.Subject, &f.Department, &f.To, &f.For, &f.Actor, &f.Author, &f.Badge, &f.Answers, &f.Reference,
		&f.Status, &f.Priority, &f.Assignee, &f.Team, &f.Plan, &f.Due, &f.Requester, &f.Tags, &f.Verdict, &f.Address, &f.Answer, &f.Zone, &f.Offset} {
		*s = oneLine(*s)
	}
	f.Text = strings.Trim(block(f.Text), "\n")
	f.Signature = strings.Trim(block(f.Signature), "\n")
	f.Remarks = cleanLines(f.Remarks, oneLine)
	f.Items = cleanLines(f.Items, oneLine)
	f.Lists = slices.Clone(f.Lists)
	for i, list := range f.Lists {
		f.Lists[i].Title, f.Lists[i].Tickets = oneLine(list.Title), slices.Clone(list.Tickets)
		for j := range f.Lists[i].Tickets {
			line := &f.Lists[i].Tickets[j]
			for _, s := range []*string{&line.Subject, &line.Requester, &line.Priority, &line.Age, &line.When, &line.ReplyTo} {
				*s = oneLine(*s)
			}
		}
	}
	f.Report = cleanLines(f.Report, func(s string) string {
		return strings.TrimRight(strings.ReplaceAll(block(s), "\n", " "), " ") // its leading spaces make the table
	})
	f.Results = slices.Clone(f.Results)
	for i, r := range f.Results {
		f.Results[i].Line, f.Results[i].Result = oneLine(r.Line), oneLine(r.Result)
	}
	f.Fields = slices.Clone(f.Fields)
	for i, field := range f.Fields {
		f.Fields[i].Name, f.Fields[i].Value = oneLine(field.Name), oneLine(field.Value)
	}
	f.Files = slices.Clone(f.Files)
	for i := range f.Files {
		f.Files[i].Name = oneLine(f.Files[i].Name)
	}
	return f
}

func cleanLines(lines []string, clean func(string) string) []string {
	lines = slices.Clone(lines)
	for i, s := range lines {
		lines[i] = clean(s)
	}
	return lines
}

// oneLine joins the words of s with single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(block(s)), " ") }

// block makes s valid UTF-8 with "\n" as its only line end, and drops control
// and direction characters.
func block(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			return '\n'
		case unicode.IsControl(r) || directs(r):
			return -1
		}
		return r
	}, s)
}

// directs reports whether r embeds, overrides or isolates the direction of the
// text behind it (Unicode Standard Annex 9, section 2). Right-to-left text is
// shown right without them; with them "fdp.exe" reads "exe.pdf". The marks LRM,
// RLM and ALM only affect their neighbours and stay.
func directs(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}
