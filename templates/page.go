package templates

import (
	"fmt"
	"html"
	htmltemplate "html/template"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"deskpost/ticket"
)

// A page is what a template sees: the facts of the notice, cleaned, and these
// fields beside them.
type page struct {
	ticket.Facts
	Kind    ticket.NoticeKind
	Agent   bool   // the reader is an agent
	Held    bool   // nothing of the agent's commands was done
	ReplyTo string // where an answer goes
	Problem bool   // a command of the transcript failed
	Title   string // in HTML: the subject
	Plain   string // in HTML: the text of the mail
}

// newPage cleans the facts of a notice.
func newPage(n ticket.Notice) page {
	return page{
		Facts:   cleanFacts(n.Facts),
		Kind:    n.Kind,
		Agent:   n.Kind.ToAgent(),
		Held:    n.Kind == ticket.NoticeHeld,
		ReplyTo: oneLine(n.ReplyTo),
		Problem: slices.ContainsFunc(n.Facts.Results, func(r ticket.ResultLine) bool { return r.Failed }),
	}
}

// functions are what templates in a language may call, but for say, which HTML
// has another of.
func functions(w *Words) map[string]any {
	d := datings[w.lang]
	return map[string]any{
		"paragraphs": paragraphs,
		"links":      links,
		"aligned":    aligned,
		"when":       d.instant,
		"day":        d.date,
		"tickets":    tickets,
		"mailto":     mailto,
		"language":   w.Language,
	}
}

// textFunctions are what templates of texts may call.
func textFunctions(w *Words) map[string]any {
	f := functions(w)
	f["say"] = w.say
	return f
}

// htmlFunctions are what templates of HTML mail may call.
func htmlFunctions(w *Words) map[string]any {
	f := functions(w)
	f["markdown"] = mailMarkdown
	f["say"], f["isolated"], f["strong"] = w.sayHTML, isolated, strong
	return f
}

// isolated is what somebody wrote as a part of a sentence of ours: it may run in
// the other direction, which must not turn round the words beside it.
func isolated(s string) htmltemplate.HTML {
	return htmltemplate.HTML(`<span dir="auto">` + html.EscapeString(s) + `</span>`)
}

// strong marks a part of a sentence.
func strong(v any) htmltemplate.HTML {
	if ready, ok := v.(htmltemplate.HTML); ok {
		return "<strong>" + ready + "</strong>"
	}
	return htmltemplate.HTML("<strong>" + html.EscapeString(fmt.Sprint(v)) + "</strong>")
}

// paragraphs splits a text at its empty lines, and each paragraph into lines.
// Further empty lines stay at the head of the paragraph that follows, so that
// nothing is lost.
func paragraphs(s string) [][]string {
	if s == "" {
		return nil
	}
	var all [][]string
	for p := range strings.SplitSeq(s, "\n\n") {
		all = append(all, strings.Split(p, "\n"))
	}
	return all
}

// A span is a piece of a line; Link is set where it is a web address.
type span struct{ Text, Link string }

// links finds the web addresses in a line. The link is always what the reader
// sees, so it cannot hide where it leads.
func links(line string) []span {
	var spans []span
	for line != "" {
		at := schemeAt(line)
		if at < 0 {
			break
		}
		end := len(line)
		if stop := strings.IndexAny(line[at:], " \t<>\"\u00a0"); stop >= 0 {
			end = at + stop
		}
		address := strings.TrimRight(line[at:end], ".,;:!?'*_")
		if !strings.Contains(address, "(") {
			address = strings.TrimRight(address, ").,]")
		}
		end = at + len(address)
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil {
			end = min(at+len("http"), len(line))
			spans = append(spans, span{Text: line[:end]})
			line = line[end:]
			continue
		}
		if at > 0 {
			spans = append(spans, span{Text: line[:at]})
		}
		spans = append(spans, span{Text: address, Link: address})
		line = line[end:]
	}
	if line != "" {
		spans = append(spans, span{Text: line})
	}
	return spans
}

// schemeAt is where the first http:// or https:// stands, -1 if none does.
func schemeAt(s string) int {
	at := -1
	for _, scheme := range []string{"https://", "http://"} {
		if i := strings.Index(s, scheme); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	return at
}

// aligned pads the commands of a transcript, so that what came of them stands
// in one column. A very long command does not push the column out.
func aligned(results []ticket.ResultLine) []ticket.ResultLine {
	const widest = 32
	width := 0
	for _, r := range results {
		if n := utf8.RuneCountInString(r.Line); n <= widest {
			width = max(width, n)
		}
	}
	out := slices.Clone(results)
	for i := range out {
		out[i].Line += strings.Repeat(" ", max(0, width-utf8.RuneCountInString(out[i].Line)))
	}
	return out
}

// tickets says how many tickets the lists have, "" if none.
func tickets(lists []ticket.TicketList) string {
	n := 0
	for _, l := range lists {
		n += len(l.Tickets) + l.More
	}
	switch n {
	case 0:
		return ""
	case 1:
		return "1 ticket"
	}
	return fmt.Sprintf("%d tickets", n)
}

// mailto is a link that opens an answer holding one command. It works in every
// mail program, without a login, and a scanner that follows links does nothing
// by it, since a person has to send the mail.
func mailto(to string, number ticket.Number, command string) htmltemplate.URL {
	local, domain, _ := strings.Cut(to, "@")
	// Some programs read a bare "+" as a space (RFC 6068 section 5).
	address := strings.ReplaceAll(url.QueryEscape(local), "+", "%20") + "@" + url.PathEscape(domain)
	subject := url.PathEscape(fmt.Sprintf("Re: [#%d]", number))
	return htmltemplate.URL("mailto:" + address + "?subject=" + strings.ReplaceAll(subject, "&", "%26") + "&body=" + url.PathEscape(command))
}
