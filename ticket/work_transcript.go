package ticket

import (
	"fmt"
	"strings"
	"time"
)

// Limits on the answers an agent's mails get.
const (
	transcriptLimit  = 20
	transcriptWindow = 10 * time.Minute
)

// transcript tells the agent what was done, where there is something to tell.
func (w *work) transcript() error {
	warned := len(w.results) > w.listed
	wanted := len(w.block.Lines) > 0 && w.agent.Transcript != TranscriptErrors
	if !wanted && !warned && len(w.report) == 0 {
		return nil
	}
	return w.answer(NoticeTranscript, &w.ticket, nil)
}

// allDone is the verdict on work that was done.
func (w *work) allDone(entry *Entry, sentTo string) string {
	var parts []string
	if w.listed > 0 {
		parts = append(parts, fmt.Sprintf("%d done", w.listed))
	}
	switch {
	case entry != nil && entry.Kind == Reply && w.held != "":
		parts = append(parts, "message held: "+w.held)
	case entry != nil && entry.Kind == Reply:
		parts = append(parts, "message sent to "+sentTo)
	case entry != nil:
		parts = append(parts, "note added")
	}
	return fmt.Sprintf("Ticket %d: %s", w.ticket.Number, strings.Join(parts, ", "))
}

// nothingDone is the verdict on work that was not.
func (w *work) nothingDone() string {
	if w.ticket.Number == 0 {
		return "NOTHING done"
	}
	verdict := fmt.Sprintf("Ticket %d: NOTHING done", w.ticket.Number)
	if w.text != "" || len(w.inserted) > 0 {
		verdict += ", your text was NOT sent"
	}
	return verdict
}

// answer queues a transcript to the agent's registered address, within limits.
func (w *work) answer(kind NoticeKind, tk *Ticket, fill func(*Notice)) error {
	sent, err := w.tx.CountNotices(NoticeFilter{Agent: w.agent.Key, Since: w.now.Add(-transcriptWindow),
		Kinds: []NoticeKind{NoticeTranscript}})
	if err != nil {
		return fmt.Errorf("count transcripts: %w", err)
	}
	// That a mail was held is always told, in the digest if need be: its sender
	// believes it went out.
	if kind == NoticeTranscript && sent >= transcriptLimit {
		w.because("no transcript: %s got %d within %g minutes", w.agent.Name, sent, transcriptWindow.Minutes())
		return nil
	}
	return w.tellAgent(w.agent.Key, tk, kind, nil, func(n *Notice) {
		n.InReplyTo = w.mail.MessageID
		n.Facts.Verdict, n.Facts.Results, n.Facts.Report = w.verdict, w.results, w.report
		if fill != nil {
			fill(n)
		}
	})
}
