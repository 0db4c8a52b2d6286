package ticket

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// thanksWords is how many words a mail that only says thanks has at most.
const thanksWords = 14

// onlyThanks reports whether a text says thanks and nothing else, such as
// "Great, thanks a lot! Karen". Every word of it must be one that people use for
// that in one language, or the name of somebody concerned; anything else ("but",
// "still", a number, a question mark) may be a matter to look at. So it errs on
// the side of work for the desk.
func onlyThanks(text string, names ...string) bool {
	text = smile.ReplaceAllString(text, " ")
	if strings.ContainsAny(text, "?？؟;/@#(😞😟😠😡😢😭🙁☹👎0123456789") {
		return false
	}
	words := wordsOf(text)
	if len(words) == 0 || len(words) > thanksWords {
		return false
	}
	var known []string
	for _, name := range names {
		known = append(known, wordsOf(name)...)
	}
	return slices.ContainsFunc(gratitude, func(g thanks) bool { return g.covers(words, known) })
}

// smile is a face made of signs that looks friendly; its letter is no word.
var smile = regexp.MustCompile(`[:;=]['’]?-?[)DPp]+`)

// wordsOf are the words of a text in small letters. Signs and pictures are none;
// an apostrophe ends one.
func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
}

// covers reports whether words thank and say nothing else.
func (g thanks) covers(words, names []string) bool {
	said := false
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		switch {
		case slices.Contains(g.say, w):
			said = true
		case slices.Contains(g.beside, w), slices.Contains(anyLanguage, w), slices.Contains(names, w):
		case g.joined:
			head := g.longest(w)
			if head == "" {
				return false
			}
			words = append([]string{head, w[len(head):]}, words...)
		default:
			return false
		}
	}
	return said
}

// longest is the longest known word that a text without spaces begins with, ""
// if there is none.
func (g thanks) longest(text string) string {
	longest := ""
	for _, w := range slices.Concat(g.say, g.beside) {
		if len(w) > len(longest) && len(w) < len(text) && strings.HasPrefix(text, w) {
			longest = w
		}
	}
	return longest
}

// thanked reports whether a mail on a ticket that is over is no more than thanks:
// then it stays over (lifecycle.md g.2).
func (t *turn) thanked(tk *Ticket, m *Mail) bool {
	if !t.policy.Thanks || tk.Status != Resolved && tk.Status != Closed || m.Oversize || m.Unreadable {
		return false
	}
	// A picture that is more than a logo may show what is wrong.
	if slices.ContainsFunc(m.Files, func(f File) bool { return !f.Inline || f.Size >= inlineWorthTelling }) {
		return false
	}
	return onlyThanks(m.NewText, m.From.Name, t.policy.agentName(tk.Assignee), t.policy.Departments[tk.Department].Name)
}

// thanks keeps a mail that only says thanks. Its handlers are told, once, and
// have nothing to do.
func (t *turn) thanks(tk *Ticket, r *Receipt, m *Mail) (Conclusion, error) {
	t.because("it only says thanks: ticket %d stays %s", tk.Number, tk.Status)
	remarked := *m
	remarked.Problems = append(slices.Clone(m.Problems), "it only says thanks: the ticket stays "+t.policy.StateName(tk.State()))
	entry, err := t.addMessage(tk, r, &remarked, false)
	if err != nil {
		return Conclusion{}, err
	}
	tk.spoken(entry.At)
	added := &Event{Ticket: tk.Number, Since: entry.At, Kind: MessageAdded, Actor: customer(m), Entry: entry.ID}
	if err := t.keep(tk, added); err != nil {
		return Conclusion{}, err
	}
	if err := t.tellHandlers(tk, NoticeMessage, entry, nil); err != nil {
		return Conclusion{}, err
	}
	t.because("appended to ticket %d", tk.Number)
	return Conclusion{Outcome: Appended, Ticket: tk.Number, Entry: entry.ID}, nil
}
