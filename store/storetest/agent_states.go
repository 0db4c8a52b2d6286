package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var agentTests = map[string]func(*testing.T, ticket.Store){
	"what agents tell of themselves is kept": agentStates,
	"addresses that failed are known":        failedSince,
}

func agentStates(t *testing.T, s ticket.Store) {
	jane := ticket.AgentState{Agent: "jane", AwayFrom: noon(), AwayUntil: noon().Add(time.Hour), Deputy: "john",
		Declined: []ticket.NoticeKind{ticket.NoticeDailyPlan}}
	john := ticket.AgentState{Agent: "john", AwayFrom: noon()}
	update(t, s, func(tx ticket.Tx) error {
		none, err := tx.AgentStates()
		return errors.Join(err, same("states at first", len(none), 0), tx.SaveAgentState(john), tx.SaveAgentState(jane))
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.AgentStates()
		return errors.Join(err, same("states", got, []ticket.AgentState{jane, john}))
	})
	back := ticket.AgentState{Agent: "jane"}
	update(t, s, func(tx ticket.Tx) error { return tx.SaveAgentState(back) })
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.AgentStates()
		return errors.Join(err, same("states after one is back", got, []ticket.AgentState{back, john}))
	})
}

func failedSince(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(tx.SaveContact(ticket.Contact{Address: "jane@example.com", FailedAt: noon()}),
			tx.SaveContact(ticket.Contact{Address: "john@example.com", AnsweredAt: noon()}))
	})
	view(t, s, func(tx ticket.Tx) error {
		var faults []error
		for _, c := range []struct {
			address string
			since   time.Time
			want    bool
		}{
			{"jane@example.com", noon(), true},
			{"jane@example.com", noon().Add(time.Millisecond), false},
			{"john@example.com", noon().Add(-time.Hour), false},
			{"nobody@example.com", noon().Add(-time.Hour), false},
		} {
			got, err := tx.FailedSince(c.address, c.since)
			faults = append(faults, err, same(c.address, got, c.want))
		}
		return errors.Join(faults...)
	})
}
