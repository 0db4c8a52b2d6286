package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var doorTests = map[string]func(*testing.T, ticket.Store){
	"a link is redeemed once":      redeem,
	"passwords are kept and ended": passwords,
	"second factors are kept":      factors,
	"sessions are kept and ended":  agentSessions,
}

func redeem(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(newTicket(tx, 1001), queue(tx, queued(7, ticket.NoticeSignIn)))
	})
	for _, want := range []bool{true, false} {
		update(t, s, func(tx ticket.Tx) error {
			first, err := tx.Redeem(7, noon())
			return errors.Join(err, same("first", first, want))
		})
	}
}

func passwords(t *testing.T, s ticket.Store) {
	his := ticket.Password{Hash: "his", Address: "john@private.example"}
	for _, want := range []ticket.Password{{}, {Hash: "one", Address: "jane@private.example"}, {Hash: "two", Address: "j@private.example"}, {}} {
		update(t, s, func(tx ticket.Tx) error {
			err := tx.SetPassword("jane", want, noon().Add(time.Hour))
			return errors.Join(err, tx.SetPassword("john", his, noon()))
		})
		view(t, s, func(tx ticket.Tx) error {
			hers, err := tx.Password("jane")
			kept, err2 := tx.Password("john")
			return errors.Join(err, err2, same("hers", hers, want), same("his", kept, his))
		})
	}
}

func factors(t *testing.T, s ticket.Store) {
	jane := ticket.Factor{Agent: "jane", Address: "jane@private.example", Key: 1, Sealed: []byte{0, 1, 255}, LastStep: 7, BegunAt: noon()}
	view(t, s, func(tx ticket.Tx) error {
		_, err := tx.Factor("jane")
		return same("factor of who has none", errors.Is(err, ticket.ErrNotFound), true)
	})
	for _, at := range []time.Time{{}, noon().Add(time.Minute)} {
		jane.ConfirmedAt, jane.LastStep = at, jane.LastStep+1
		update(t, s, func(tx ticket.Tx) error {
			return errors.Join(tx.SaveFactor(jane), tx.SetRecoveryCodes("jane", []string{"a", "b"}), tx.SetRecoveryCodes("john", []string{"a"}))
		})
		update(t, s, func(tx ticket.Tx) error {
			f, err := tx.Factor("jane")
			return errors.Join(err, same("factor", f, jane))
		})
	}
	for i, want := range []bool{true, false, false} {
		update(t, s, func(tx ticket.Tx) error {
			used, err := tx.UseRecoveryCode("jane", []string{"a", "a", "c"}[i], noon())
			left, err2 := tx.RecoveryCodesLeft("jane")
			return errors.Join(err, err2, same("used", used, want), same("left", left, 1))
		})
	}
	update(t, s, func(tx ticket.Tx) error { return tx.DropFactor("jane") })
	view(t, s, func(tx ticket.Tx) error {
		_, err := tx.Factor("jane")
		hers, err2 := tx.RecoveryCodesLeft("jane")
		his, err3 := tx.RecoveryCodesLeft("john")
		return errors.Join(err2, err3, same("dropped", errors.Is(err, ticket.ErrNotFound), true), same("hers", hers, 0), same("his", his, 1))
	})
}

func agentSessions(t *testing.T, s ticket.Store) {
	session := func(id, agent string, began time.Time) ticket.Session {
		return ticket.Session{ID: id, Agent: agent, Address: agent + "@private.example", Way: ticket.ByLink, Browser: "Firefox", BeganAt: began, SeenAt: began}
	}
	a, b, his := session("a", "jane", noon()), session("b", "jane", noon().Add(time.Minute)), session("c", "john", noon())
	update(t, s, func(tx ticket.Tx) error { return errors.Join(tx.AddSession(a), tx.AddSession(b), tx.AddSession(his)) })
	ids := func(agent, want string) {
		t.Helper()
		view(t, s, func(tx ticket.Tx) error {
			list, err := tx.Sessions(agent)
			got := ""
			for _, s := range list {
				got += s.ID
			}
			return errors.Join(err, same("sessions of "+agent, got, want))
		})
	}
	ids("jane", "ba")
	a.SeenAt = noon().Add(time.Hour)
	update(t, s, func(tx ticket.Tx) error { return errors.Join(tx.SawSession("a", a.SeenAt), tx.SawSession("a", noon())) })
	ids("jane", "ab")
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Session("a")
		_, none := tx.Session("x")
		return errors.Join(err, same("session", got, a), same("none", errors.Is(none, ticket.ErrNotFound), true))
	})
	update(t, s, func(tx ticket.Tx) error { return errors.Join(tx.EndSession("jane", "c"), tx.EndSession("jane", "b")) })
	ids("jane", "a")
	ids("john", "c")
	update(t, s, func(tx ticket.Tx) error {
		ended, err := tx.EndSessions("john", "a")
		kept, err2 := tx.EndSessions("jane", "a")
		return errors.Join(err, err2, same("ended", ended, 1), same("kept", kept, 0))
	})
	update(t, s, func(tx ticket.Tx) error { return tx.ForgetSessions(noon()) })
	ids("jane", "")
	ids("john", "")
}
