package store

import (
	"time"

	"deskpost/ticket"
)

// Factor implements ticket.Factors.
func (t *tx) Factor(agent string) (f ticket.Factor, err error) {
	return f, t.one(t.held(`SELECT agent, address, key, sealed, last_step, begun_at, confirmed_at FROM second_factors WHERE agent = $1`),
		args{agent}, &f.Agent, &f.Address, &f.Key, &f.Sealed, &f.LastStep, instant{&f.BegunAt}, instant{&f.ConfirmedAt})
}

// SaveFactor implements ticket.Factors.
func (t *tx) SaveFactor(f ticket.Factor) error {
	_, err := t.exec(`
		INSERT INTO second_factors (agent, address, key, sealed, last_step, begun_at, confirmed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (agent) DO UPDATE SET address = excluded.address, key = excluded.key, sealed = excluded.sealed,
			last_step = excluded.last_step, begun_at = excluded.begun_at, confirmed_at = excluded.confirmed_at`,
		f.Agent, f.Address, f.Key, f.Sealed, f.LastStep, ms(f.BegunAt), ms(f.ConfirmedAt))
	return err
}

// DropFactor implements ticket.Factors.
func (t *tx) DropFactor(agent string) error {
	if _, err := t.exec(`DELETE FROM recovery_codes WHERE agent = $1`, agent); err != nil {
		return err
	}
	_, err := t.exec(`DELETE FROM second_factors WHERE agent = $1`, agent)
	return err
}

// SetRecoveryCodes implements ticket.Factors.
func (t *tx) SetRecoveryCodes(agent string, sums []string) error {
	if _, err := t.exec(`DELETE FROM recovery_codes WHERE agent = $1`, agent); err != nil {
		return err
	}
	for _, sum := range sums {
		if _, err := t.exec(`INSERT INTO recovery_codes (agent, sum) VALUES ($1, $2)`, agent, sum); err != nil {
			return err
		}
	}
	return nil
}

// UseRecoveryCode implements ticket.Factors.
func (t *tx) UseRecoveryCode(agent, sum string, at time.Time) (bool, error) {
	used, err := t.exec(`UPDATE recovery_codes SET used_at = $3 WHERE agent = $1 AND sum = $2 AND used_at IS NULL`, agent, sum, ms(at))
	return used > 0, err
}

// RecoveryCodesLeft implements ticket.Factors.
func (t *tx) RecoveryCodesLeft(agent string) (int, error) {
	var left int
	err := t.one(`SELECT COUNT(*) FROM recovery_codes WHERE agent = $1 AND used_at IS NULL`, args{agent}, &left)
	return left, err
}
