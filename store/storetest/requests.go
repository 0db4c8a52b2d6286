package storetest

import (
	"errors"
	"testing"

	"deskpost/ticket"
)

var requestTests = map[string]func(*testing.T, ticket.Store){
	"transcripts of requests are read back": transcripts,
}

func transcripts(t *testing.T, s ticket.Store) {
	first, second := mail(string(ticket.FromForm), 1, 1, "first"), mail(string(ticket.FromForm), 1, 2, "second")
	want := ticket.Transcript{Done: true, Ticket: 1001, Entry: 7, Verdict: "all done", State: "open",
		Results: []ticket.ResultLine{{Line: "#take", Result: "nobody -> Jane"}}, Report: []string{"one", "two"}}
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(take(tx, ticket.Fresh, first, second), tx.KeepTranscript(first.ID, want))
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Transcript(first.ID)
		_, none := tx.Transcript(second.ID)
		return errors.Join(err, same("transcript", got, want), absent("a transcript that was not kept", none))
	})
	undone := s.Update(t.Context(), func(tx ticket.Tx) error { return tx.KeepTranscript(first.ID, want) })
	if undone == nil {
		t.Error("a second transcript for one receipt was kept")
	}
}
