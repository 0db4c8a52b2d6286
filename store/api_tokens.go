package store

import (
	"time"

	"deskpost/ticket"
)

const apiTokenColumns = `id, agent, name, scopes, made_at, expires_at, used_at, revoked_at`

func apiTokenFields(k *ticket.APIToken) []any {
	return []any{&k.ID, &k.Agent, &k.Name, jsonTo[[]ticket.Scope]{&k.Scopes}, instant{&k.MadeAt}, instant{&k.ExpiresAt}, instant{&k.UsedAt}, instant{&k.RevokedAt}}
}

// AddAPIToken implements ticket.APITokens.
func (t *tx) AddAPIToken(k *ticket.APIToken, digest string) error {
	return t.insert(`
		INSERT INTO api_tokens (digest, agent, name, scopes, made_at, expires_at, used_at, revoked_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		args{digest, k.Agent, k.Name, jsonOf(k.Scopes), ms(k.MadeAt), ms(k.ExpiresAt), ms(k.UsedAt), ms(k.RevokedAt)}, &k.ID)
}

// APIToken implements ticket.APITokens.
func (t *tx) APIToken(digest string) (ticket.APIToken, error) {
	var k ticket.APIToken
	return k, t.one(`SELECT `+apiTokenColumns+` FROM api_tokens WHERE digest = $1`, args{digest}, apiTokenFields(&k)...)
}

// APITokens implements ticket.APITokens.
func (t *tx) APITokens(agent string) ([]ticket.APIToken, error) {
	return rows(t, func(s scan) (k ticket.APIToken, err error) { return k, s(apiTokenFields(&k)...) },
		`SELECT `+apiTokenColumns+` FROM api_tokens WHERE agent = $1 OR $1 = '' ORDER BY id`, agent)
}

// UseAPIToken implements ticket.APITokens.
func (t *tx) UseAPIToken(id int64, at time.Time) error {
	return t.must(`UPDATE api_tokens SET used_at = $1 WHERE id = $2`, ms(at), id)
}

// RevokeAPIToken implements ticket.APITokens.
func (t *tx) RevokeAPIToken(id int64, at time.Time) error {
	return t.must(`UPDATE api_tokens SET revoked_at = COALESCE(revoked_at, $1) WHERE id = $2`, ms(at), id)
}

// ForgetAPITokens implements ticket.APITokens.
func (t *tx) ForgetAPITokens(before time.Time) error {
	_, err := t.exec(`DELETE FROM api_tokens WHERE expires_at < $1`, ms(before))
	return err
}
