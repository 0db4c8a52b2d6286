package ticket

import (
	"fmt"
	"time"
)

// Limits on the answers an agent's mails get.
const (
	transcriptLimit  = 20
	transcriptWindow = 10 * time.Minute
)

// transcript tells the agent what was done, where there is something to tell.
func (w *work) transcript(entry *Entry, sentTo string) error {
	warned := len(w.results) > len(w.block.Lines)
	wanted := len(w.block.Lines) > 0 && w.agent.Transcript != TranscriptErrors
	if !wanted && !warned && len(w.report) == 0 {
		return nil
	}
	verdict := fmt.Sprintf("Ticket %d: %d done", w.ticket.Number, len(w.block.Lines))
	switch {
	case entry != nil && entry.Kind == Reply:
		verdict += ", message sent to " + sentTo
	case entry != nil:
		verdict += ", note added"
	}
	return w.answer(NoticeTranscript, &w.ticket, verdict, nil)
}

// answer queues a transcript to the agent's registered address, within limits.
func (w *work) answer(kind NoticeKind, tk *Ticket, verdict string, fill func(*Notice)) error {
	sent, err := w.tx.CountNotices(NoticeFilter{Agent: w.agent.Key, Since: w.now.Add(-transcriptWindow),
		Kinds: []NoticeKind{NoticeTranscript, NoticeHeld}})
	if err != nil {
		return fmt.Errorf("count transcripts: %w", err)
	}
	if sent >= transcriptLimit {
		w.because("no transcript: %s got %d within %g minutes", w.agent.Name, sent, transcriptWindow.Minutes())
		return nil
	}
	return w.tellAgent(w.agent.Key, tk, kind, nil, func(n *Notice) {
		n.InReplyTo = w.mail.MessageID
		n.Facts.Verdict, n.Facts.Results, n.Facts.Report = verdict, w.results, w.report
		if fill != nil {
			fill(n)
		}
	})
}
