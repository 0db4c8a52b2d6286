package ticket

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	subjectTag  = regexp.MustCompile(`\[#(\d{1,15})\]`)
	replyPrefix = regexp.MustCompile(`(?i)^\s*(re|aw|sv|antw|antwort|odp|ref|rif|r|res)\s*(\[\d+\])?\s*:\s*`)
)

// maxClaims bounds how many tickets one mail may name in each way. Anybody can
// name somebody else's Message-ID on a ticket of their own, so the sender's may
// be far down the list.
const maxClaims = 100

// A match is the ticket a mail belongs to, and by what right.
type match struct {
	ticket      Number  // 0 if none
	notice      *Notice // whose token the mail carries; nil if none
	kind        TokenKind
	participant bool   // the sender takes part in the ticket
	maybe       Number // a ticket it may belong to; agents are told, nothing more
}

// agentToken reports whether the mail answers what was sent to an agent.
func (f match) agentToken() bool {
	return f.notice != nil && f.notice.Agent != ""
}

// match finds the ticket of a mail: by the token in a recipient address, by a
// signed Message-ID, by an ID that the ticket's mails are known by, by the
// reference line in the text, by the tag in the subject. The last three are
// what anybody can write: they join only a participant whose From is not
// forged, and never make an agent (threading.md c.2).
func (t *turn) match(m *Mail) (match, error) {
	for _, step := range []func(*Mail) (match, error){t.byRecipient, t.byMessageID} {
		found, err := step(m)
		if err != nil || found.notice != nil {
			return found, err
		}
	}
	var maybe Number
	for _, step := range []func(*Mail) ([]Number, string, error){t.byKnownID, t.byReference, t.bySubject} {
		numbers, why, err := step(m)
		if err != nil {
			return match{}, err
		}
		for _, n := range numbers[:min(len(numbers), maxClaims)] {
			found, err := t.claim(n, why, m)
			if err != nil || found.ticket != 0 {
				return found, err
			}
			if maybe == 0 {
				maybe = n
			}
		}
	}
	return match{maybe: maybe}, nil
}

// byRecipient looks for our token in the addresses the mail was sent to.
func (t *turn) byRecipient(m *Mail) (match, error) {
	var first match
	seen := map[Token]bool{}
	for _, recipient := range m.Recipients {
		token, ok := t.policy.tokenIn(recipient)
		if !ok || seen[token] {
			continue
		}
		seen[token] = true
		found, err := t.holder(token, m, "by the token in "+strings.ToLower(recipient))
		if err != nil {
			return match{}, err
		}
		switch {
		case found.notice == nil:
		case first.notice == nil:
			first = found
		case found.ticket != first.ticket:
			t.because("a second token names ticket %d: the first one counts", found.ticket)
		}
	}
	return first, nil
}

// byMessageID looks for a signed Message-ID of ours in In-Reply-To, then in
// References from the last to the first.
func (t *turn) byMessageID(m *Mail) (match, error) {
	for _, id := range answered(m) {
		token, ok := tokenInID(id)
		if !ok {
			continue
		}
		found, err := t.holder(token, m, "as an answer to our message "+id)
		if err != nil || found.notice != nil {
			return found, err
		}
	}
	return match{}, nil
}

// holder turns a token that proves to be ours into a match.
func (t *turn) holder(token Token, m *Mail, how string) (match, error) {
	n, err := t.verified(token)
	if err != nil || n == nil || token.Kind == TokenEcho {
		return match{}, err
	}
	if n.Ticket == 0 && n.Agent == "" {
		t.because("it answers a mail with a link to the page, which belongs to no ticket")
		return match{}, nil
	}
	if n.Ticket == 0 {
		return match{notice: n, kind: token.Kind}, nil // a digest: it belongs to no ticket
	}
	tk, member, err := t.goesOn(n.Ticket, m.From)
	if err != nil || tk == nil {
		return match{}, err
	}
	t.because("ticket %d %s", tk.Number, how)
	if token.Kind == TokenReturn && m.Machine == Human {
		// Only programs answer to a return path (RFC 3834 section 4), and it
		// stands in every relay's log: it finds the ticket and gives no voice.
		t.because("it came to a return path: taken for an automatic answer")
		m.Machine, m.NoAnswer = AutoReplied, "it came to a return path"
	}
	return match{ticket: tk.Number, notice: n, kind: token.Kind, participant: member && m.Authenticity != Forged}, nil
}

// verified is the notice a token was minted for, nil if the token is not ours.
func (t *turn) verified(token Token) (*Notice, error) {
	n, err := t.tx.Notice(token.Notice)
	if isAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up the notice of a token: %w", err)
	}
	key, ok := t.keys.byID(n.Key)
	if !ok || !key.verify(token) {
		return nil, nil
	}
	switch token.Kind {
	case n.Answer, TokenReturn, TokenEcho:
		return &n, nil
	case TokenNote:
		if n.Answer == TokenReply { // made for lists of tickets, where an answer must never go out
			return &n, nil
		}
	}
	return nil, nil
}

// byKnownID looks for Message-IDs that mails of a ticket had or referred to.
func (t *turn) byKnownID(m *Mail) ([]Number, string, error) {
	ids := answered(m)
	if len(ids) == 0 {
		return nil, "", nil
	}
	numbers, err := t.tx.Known(ids)
	if err != nil {
		return nil, "", fmt.Errorf("look up message ids: %w", err)
	}
	return numbers, "by a message id known on the ticket", nil
}

// byReference looks for our signed reference line in the text.
func (t *turn) byReference(m *Mail) ([]Number, string, error) {
	return t.keys.references(m.NewText + "\n" + m.Quoted), "by the reference line in its text", nil
}

// bySubject looks for our tag in the subject.
func (t *turn) bySubject(m *Mail) ([]Number, string, error) {
	tag := subjectTag.FindStringSubmatch(m.Subject)
	if tag == nil {
		return nil, "", nil
	}
	n, err := strconv.ParseInt(tag[1], 10, 64)
	if err != nil {
		return nil, "", nil // more digits than any ticket has
	}
	return []Number{Number(n)}, "by the tag in its subject", nil
}

// claim joins a mail to a ticket that it only names, if its sender takes part
// in it.
func (t *turn) claim(n Number, why string, m *Mail) (match, error) {
	tk, member, err := t.goesOn(n, m.From)
	if err != nil || tk == nil {
		return match{}, err
	}
	switch {
	case !member:
		t.because("it names ticket %d %s, but %s is not a participant", tk.Number, why, addressOrNobody(m.From))
		return match{}, nil
	case m.Authenticity == Forged:
		t.because("it names ticket %d %s, but its sender is forged", tk.Number, why)
		return match{}, nil
	}
	t.because("ticket %d %s", tk.Number, why)
	return match{ticket: tk.Number, participant: true}, nil
}

// goesOn is where a ticket goes on, nil if nowhere, and whether an address is a
// participant there.
func (t *turn) goesOn(n Number, a Address) (tk *Ticket, member bool, err error) {
	if tk, err = t.survivor(n); err != nil || tk == nil {
		return nil, false, err
	}
	member, err = t.takesPart(tk.Number, a)
	return tk, member, err
}

// takesPart reports whether an address is a participant of a ticket.
func (t *turn) takesPart(n Number, a Address) (bool, error) {
	if a.Email == "" {
		return false, nil
	}
	list, err := t.tx.Participants(n)
	if err != nil {
		return false, fmt.Errorf("read participants of ticket %d: %w", n, err)
	}
	return slices.ContainsFunc(list, func(p Participant) bool { return p.Address.Key() == a.Key() }), nil
}

// answered lists the Message-IDs a mail answers: In-Reply-To, then References
// from the last to the first.
func answered(m *Mail) []string {
	ids := slices.Clone(m.InReplyTo)
	for _, id := range slices.Backward(m.References) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// cleanSubject is a subject without reply prefixes and without our tags.
func cleanSubject(s string) string {
	s = strings.Join(strings.Fields(subjectTag.ReplaceAllString(s, " ")), " ")
	for {
		short := replyPrefix.ReplaceAllString(s, "")
		if short == s {
			break
		}
		s = short
	}
	if s == "" {
		return "(no subject)"
	}
	return s
}
