package ticket

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	burstWindow = 10 * time.Minute
	digestItems = 200 // lines a digest spells out; the rest are counted
)

// mergeable are the kinds of notices that a flood of mail from outside may
// cause.
var mergeable = []NoticeKind{NoticeNew, NoticeMessage, NoticeGuest, NoticeMisused, NoticeUndeliverable,
	NoticeDelayed, NoticeHeld, NoticeStuck}

// A digestLine stands for a notice that is not sent by itself. It is written at
// the end of the transaction: in a flood a digest would otherwise be read and
// rewritten for every mail.
type digestLine struct {
	agent      string
	department string
	text       string
}

// merged puts a notice into the agent's digest instead, once the agent has got
// too many in a short time. What colleagues cause is never merged.
func (t *turn) merged(agent Agent, tk *Ticket, kind NoticeKind) (bool, error) {
	if t.policy.Caps.AgentBurst <= 0 || !slices.Contains(mergeable, kind) {
		return false, nil
	}
	sent, err := t.tx.CountNotices(NoticeFilter{Agent: agent.Key, Kinds: mergeable, Since: t.now.Add(-burstWindow)})
	if err != nil {
		return false, fmt.Errorf("count notices to %s: %w", agent.Key, err)
	}
	if sent < t.policy.Caps.AgentBurst {
		return false, nil
	}
	text := fmt.Sprintf("#%d %s: %s", tk.Number, kind, tk.Subject)
	t.lines = append(t.lines, digestLine{agent: agent.Key, department: tk.Department, text: text})
	return true, nil
}

// writeDigests writes the lines of a turn, each to the digest of its agent.
func (t *turn) writeDigests() error {
	byAgent := make(map[string][]digestLine)
	for _, line := range t.lines {
		byAgent[line.agent] = append(byAgent[line.agent], line)
	}
	for _, key := range slices.Sorted(maps.Keys(byAgent)) {
		if err := t.writeDigest(t.policy.Agents[key], byAgent[key]); err != nil {
			return fmt.Errorf("write digest of %s: %w", key, err)
		}
	}
	return nil
}

// writeDigest adds lines to the digest that the agent gets next.
func (t *turn) writeDigest(agent Agent, lines []digestLine) error {
	window := t.now.Truncate(burstWindow).Add(burstWindow)
	dedupe := fmt.Sprintf("digest:%s:%d", agent.Key, window.Unix())
	n, err := t.tx.Deduped(dedupe)
	for err == nil && n.Attempts > 0 { // it is on its way: the clock was set back into its time
		dedupe += "+"
		n, err = t.tx.Deduped(dedupe)
	}
	if isAbsent(err) {
		n = Notice{Kind: NoticeDigest, Answer: TokenNote, Agent: agent.Key, Department: lines[0].department,
			Automatic: true, Recipients: []Recipient{{Address: Address{Name: agent.Name, Email: agent.Emails[0]}}},
			Dedupe: dedupe, DueAt: window, Facts: Facts{To: agent.Name, Zone: t.policy.Zone.String(), At: t.now}}
		n.Facts.list(lines)
		return t.queue(&n)
	}
	if err != nil {
		return err
	}
	n.Facts.list(lines)
	return t.tx.Amend(n.ID, n.Facts)
}

// list adds lines to the facts of a digest.
func (f *Facts) list(lines []digestLine) {
	for _, line := range lines {
		if len(f.Items) < digestItems {
			f.Items = append(f.Items, line.text)
		} else {
			f.More++
		}
	}
}
