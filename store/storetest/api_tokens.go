package storetest

import (
	"errors"
	"testing"
	"time"

	"deskpost/ticket"
)

var apiTokenTests = map[string]func(*testing.T, ticket.Store){
	"API tokens are kept, used, revoked and forgotten": apiTokens,
}

func apiTokens(t *testing.T, s ticket.Store) {
	hers := ticket.APIToken{Agent: "jane", Name: "CRM", Scopes: []ticket.Scope{ticket.ScopeRead, ticket.ScopeFiles}, MadeAt: noon(), ExpiresAt: noon().Add(time.Hour)}
	his := ticket.APIToken{Agent: "john", Name: "Script", Scopes: []ticket.Scope{ticket.ScopeWrite}, MadeAt: noon(), ExpiresAt: noon().Add(2 * time.Hour)}
	update(t, s, func(tx ticket.Tx) error { return errors.Join(tx.AddAPIToken(&hers, "aa"), tx.AddAPIToken(&his, "bb")) })
	demand := func(want ...ticket.APIToken) {
		t.Helper()
		view(t, s, func(tx ticket.Tx) error {
			all, err := tx.APITokens("")
			one, err2 := tx.APITokens("john")
			_, err3 := tx.APIToken("cc")
			_, err4 := tx.APIToken("")
			got, err5 := tx.APIToken("bb")
			return errors.Join(err, err2, err5, same("all", all, want), same("john's", one, []ticket.APIToken{his}), same("by digest", got, his),
				absent("another digest", err3), absent("no digest", err4))
		})
	}
	demand(hers, his)
	if err := s.Update(t.Context(), func(tx ticket.Tx) error {
		return tx.AddAPIToken(&ticket.APIToken{Agent: "eve", MadeAt: noon(), ExpiresAt: noon()}, "bb")
	}); err == nil {
		t.Error("two tokens have one digest")
	}
	his.UsedAt, his.RevokedAt = noon().Add(time.Minute), noon().Add(2*time.Minute)
	update(t, s, func(tx ticket.Tx) error {
		return try(
			func() error { return tx.RevokeAPIToken(his.ID, his.RevokedAt) },
			func() error { return tx.UseAPIToken(his.ID, his.UsedAt) }, // which does not bring it back
			func() error { return tx.RevokeAPIToken(his.ID, noon().Add(time.Hour)) },
		)
	})
	demand(hers, his)
	update(t, s, func(tx ticket.Tx) error { return tx.ForgetAPITokens(hers.ExpiresAt) })
	demand(hers, his)
	update(t, s, func(tx ticket.Tx) error { return tx.ForgetAPITokens(hers.ExpiresAt.Add(time.Millisecond)) })
	demand(his)
}
