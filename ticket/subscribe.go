package ticket

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"deskpost/ticket/command"
)

// recurring are the kinds of mail that come again and again, so that their reader
// may want them no more, by the word that agents use.
var recurring = map[string]NoticeKind{"plan": NoticeDailyPlan, "report": NoticeWeeklyReport}

// recurs reports whether a notice of this kind is one of them.
func (k NoticeKind) recurs() bool { return k == NoticeDailyPlan || k == NoticeWeeklyReport }

// label is what people call it.
func (k NoticeKind) label() string { return strings.ReplaceAll(string(k), "-", " ") }

// wants reports whether an agent gets recurring mail of a kind.
func (s AgentState) wants(k NoticeKind) bool { return !slices.Contains(s.Declined, k) }

// decline notes whether the agent wants recurring mail of a kind.
func (s *AgentState) decline(k NoticeKind, yes bool) {
	s.Declined = slices.DeleteFunc(slices.Clone(s.Declined), func(d NoticeKind) bool { return d == k })
	if yes {
		s.Declined = append(s.Declined, k)
	}
}

// doSubscribe makes the verb that asks for recurring mail, or for none.
func doSubscribe(decline bool) func(*work, speaker, string) (string, error) {
	return func(w *work, me speaker, args string) (string, error) {
		words := []string{"plan", "report"}
		word, err := command.Match(args, words)
		if err != nil {
			return "", notMatched("mail", err, words)
		}
		kind := recurring[word]
		if err := w.tells(me, func(s *AgentState) { s.decline(kind, decline) }); err != nil {
			return "", err
		}
		if decline {
			return "you get no " + kind.label() + " any more", nil
		}
		return "you get the " + kind.label(), nil
	}
}

// unsubscribeSubject is the subject of a mail that ends recurring mail: the one
// that the List-Unsubscribe field asks for (RFC 2369 section 3.2).
const unsubscribeSubject = "unsubscribe"

// unsubscribes takes a mail that ends recurring mail, sent in answer to it by a
// mail program or by hand.
func (t *turn) unsubscribes(m *Mail, n *Notice) (bool, error) {
	agent := t.policy.Agents[n.Agent]
	if !n.Kind.recurs() || !strings.EqualFold(strings.TrimSpace(m.Subject), unsubscribeSubject) || t.whyNotAgent(agent, n, m) != "" {
		return false, nil
	}
	s, err := t.state(n.Agent)
	if err != nil {
		return false, err
	}
	s.decline(n.Kind, true)
	t.because("%s wants no %s any more", agent.Name, n.Kind.label())
	answer := t.reportTo(agent, NoticeTranscript, n.Department)
	answer.InReplyTo = m.MessageID
	answer.Facts.Verdict = fmt.Sprintf("You get no %s any more. For it again, write #subscribe %s in answer to the mail of any ticket.",
		n.Kind.label(), map[NoticeKind]string{NoticeDailyPlan: "plan", NoticeWeeklyReport: "report"}[n.Kind])
	return true, errors.Join(t.setState(s), t.queue(answer))
}
