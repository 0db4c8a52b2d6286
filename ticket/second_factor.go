package ticket

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Factor is what the desk keeps of a device that shows an agent codes.
type Factor struct {
	Agent       string // key
	Address     string // whose key it was then; see Agent.owner
	Key         int    // of the desk, that the secret is sealed with
	Sealed      []byte // the secret: encrypted, and bound to agent and address
	LastStep    int64  // of the last code that was accepted
	BegunAt     time.Time
	ConfirmedAt time.Time // when the device first showed a right code; zero if it has not
}

// Factors are the part of a Tx that keeps second factors.
type Factors interface {
	// Factor reads an agent's and, in an Update, holds it until the end. SaveFactor
	// writes it; DropFactor removes it with its recovery codes.
	Factor(agent string) (Factor, error)
	SaveFactor(f Factor) error
	DropFactor(agent string) error
	// SetRecoveryCodes replaces an agent's, by their sums. UseRecoveryCode uses one
	// up and returns false if there is no such code, or not any more.
	SetRecoveryCodes(agent string, sums []string) error
	UseRecoveryCode(agent, sum string, at time.Time) (bool, error)
	RecoveryCodesLeft(agent string) (int, error)
}

// A FactorState is how an agent's second factor stands.
type FactorState struct {
	On      bool
	Since   time.Time
	Left    int    // recovery codes that were not used
	Pending []byte // the secret of one that is being set up and waits for its first code; nil if there is none
}

var (
	errWrongCode   = &Refusal{Kind: NotAllowed, Text: "This code is not right, or was used already. Wait for the next one, and see that the clock of the device is right."}
	errNoFactor    = &Refusal{Kind: Conflict, Text: "There is no second factor. Begin to set it up once more."}
	errFactorOn    = &Refusal{Kind: Conflict, Text: "You have a second factor already. Switch it off before you set up another one."}
	errFactorStays = &Refusal{Kind: NotAllowed, Text: "This desk requires a second factor, so it can not be switched off. If you lose the device, ask your admin to reset it."}
)

// sealer encrypts with a key that is made from one of the desk's.
func (k Key) sealer() (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, k.Secret, nil, "deskpost/second-factor/1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// belongs is what a sealed secret is bound to, so that the row of one agent opens
// nothing when it is copied to another's.
func (f *Factor) belongs() []byte {
	return fmt.Appendf(nil, "%d:%s|%d:%s", len(f.Agent), f.Agent, len(f.Address), f.Address)
}

// seal encrypts the secret of a factor.
func (t *turn) seal(f *Factor, secret []byte) error {
	key := t.keys.signing()
	aead, err := key.sealer()
	if err != nil {
		return fmt.Errorf("seal a second factor: %w", err)
	}
	f.Key, f.Sealed = key.ID, aead.Seal(nil, nil, secret, f.belongs())
	return nil
}

// unseal gives the secret of a factor.
func (t *turn) unseal(f *Factor) ([]byte, error) {
	key, known := t.keys.byID(f.Key)
	if !known {
		return nil, fmt.Errorf("the second factor of %s is sealed with key %d of the desk, which is not there", f.Agent, f.Key)
	}
	aead, err := key.sealer()
	if err != nil {
		return nil, fmt.Errorf("open the second factor of %s: %w", f.Agent, err)
	}
	secret, err := aead.Open(nil, nil, f.Sealed, f.belongs())
	if err != nil {
		return nil, fmt.Errorf("open the second factor of %s: %w", f.Agent, err)
	}
	return secret, nil
}

// factor is an agent's, and whether it is on. One that was set up by somebody else
// who had the agent's key is none.
func (t *turn) factor(agent Agent) (f Factor, on bool, err error) {
	f, err = t.tx.Factor(agent.Key)
	if isAbsent(err) || err == nil && !agent.owns(Address{Email: f.Address}) {
		return Factor{}, false, nil
	}
	if err != nil {
		return Factor{}, false, fmt.Errorf("read the second factor of %s: %w", agent.Key, err)
	}
	return f, !f.ConfirmedAt.IsZero(), nil
}

// SecondFactor is how an agent's second factor stands.
func (d *Desk) SecondFactor(ctx context.Context, agent string) (FactorState, error) {
	var state FactorState
	err := d.view(ctx, func(t *turn) error {
		state = FactorState{}
		f, on, err := t.factor(t.policy.Agents[agent])
		switch {
		case err != nil || f.Agent == "":
			return err
		case !on:
			state.Pending, err = t.unseal(&f)
			return err
		}
		state.On, state.Since = true, f.ConfirmedAt
		state.Left, err = t.tx.RecoveryCodesLeft(agent)
		return err
	})
	if err != nil {
		return FactorState{}, fmt.Errorf("look at a second factor: %w", err)
	}
	return state, nil
}

// changeFactor runs a use case about an agent's second factor.
func (d *Desk) changeFactor(ctx context.Context, agent, doing string, do func(*turn, Agent, Factor, bool) error) error {
	err := d.update(ctx, func(t *turn) error {
		a, ok := t.policy.Agents[agent]
		if !ok {
			return refuse(NotFound, "there is no agent %s", agent)
		}
		f, on, err := t.factor(a)
		if err != nil {
			return err
		}
		return do(t, a, f, on)
	})
	return requestError(doing, err)
}

// BeginSecondFactor begins to set one up, with a secret of TOTPSecretBytes random
// bytes. It counts when ConfirmSecondFactor has seen a code.
func (d *Desk) BeginSecondFactor(ctx context.Context, agent string, secret []byte) error {
	return d.changeFactor(ctx, agent, "begin to set up a second factor", func(t *turn, a Agent, _ Factor, on bool) error {
		if on {
			return errFactorOn
		}
		f := Factor{Agent: a.Key, Address: a.owner(), BegunAt: t.now}
		if err := t.seal(&f, secret); err != nil {
			return err
		}
		return t.tx.SaveFactor(f)
	})
}

// ConfirmSecondFactor switches a second factor on whose device shows the right
// code, with recovery codes that the caller has drawn. It ends the agent's sessions
// but one, which began without it, and tells the agent.
func (d *Desk) ConfirmSecondFactor(ctx context.Context, agent, code string, recovery []string, keep string) error {
	return d.changeFactor(ctx, agent, "switch a second factor on", func(t *turn, a Agent, f Factor, on bool) error {
		switch {
		case on:
			return errFactorOn
		case f.Agent == "":
			return errNoFactor
		}
		if err := t.acceptStep(&f, digits(code)); err != nil {
			return err
		}
		f.ConfirmedAt = t.now
		if err := t.tx.SaveFactor(f); err != nil {
			return err
		}
		if err := t.tx.SetRecoveryCodes(agent, sums(recovery)); err != nil {
			return err
		}
		if _, err := t.tx.EndSessions(agent, keep); err != nil {
			return err
		}
		return t.tellAccount(a, AccountFactorOn)
	})
}

// CheckSecondFactor takes a code of the device, or a recovery code, each once. The
// error is a Refusal if it is not right. Without a second factor every code is
// right.
func (d *Desk) CheckSecondFactor(ctx context.Context, agent, code string) error {
	return d.changeFactor(ctx, agent, "check a second factor", func(t *turn, a Agent, f Factor, on bool) error {
		if !on {
			return nil
		}
		return t.acceptCode(a, &f, code)
	})
}

// EndSecondFactor switches a second factor off, against a code.
func (d *Desk) EndSecondFactor(ctx context.Context, agent, code string) error {
	return d.changeFactor(ctx, agent, "switch a second factor off", func(t *turn, a Agent, f Factor, on bool) error {
		switch {
		case !on:
			return errNoFactor
		case t.policy.SecondFactor:
			return errFactorStays
		}
		if err := t.acceptCode(a, &f, code); err != nil {
			return err
		}
		if err := t.tx.DropFactor(agent); err != nil {
			return err
		}
		return t.tellAccount(a, AccountFactorOff)
	})
}

// RenewRecoveryCodes replaces the recovery codes, against a code.
func (d *Desk) RenewRecoveryCodes(ctx context.Context, agent, code string, recovery []string) error {
	return d.changeFactor(ctx, agent, "renew recovery codes", func(t *turn, a Agent, f Factor, on bool) error {
		if !on {
			return errNoFactor
		}
		if err := t.acceptCode(a, &f, code); err != nil {
			return err
		}
		if err := t.tx.SetRecoveryCodes(agent, sums(recovery)); err != nil {
			return err
		}
		return t.tellAccount(a, AccountNewCodes)
	})
}

// ResetSecondFactor takes an agent's second factor away, as the operator does for
// who has lost the device, and ends all sessions of the agent. It returns false if
// there was none.
func (d *Desk) ResetSecondFactor(ctx context.Context, agent string) (was bool, err error) {
	err = d.changeFactor(ctx, agent, "reset a second factor", func(t *turn, a Agent, _ Factor, on bool) error {
		was = on
		if err := t.tx.DropFactor(agent); err != nil {
			return err
		}
		if _, err := t.tx.EndSessions(agent, ""); err != nil || !on {
			return err
		}
		return t.tellAccount(a, AccountFactorReset)
	})
	return was && err == nil, err
}

// acceptCode takes a code of the device or a recovery code.
func (t *turn) acceptCode(a Agent, f *Factor, code string) error {
	if plain := digits(code); len(plain) == 6 {
		if err := t.acceptStep(f, plain); err != nil {
			return err
		}
		return t.tx.SaveFactor(*f)
	}
	used, err := t.tx.UseRecoveryCode(a.Key, sums([]string{code})[0], t.now)
	switch {
	case err != nil:
		return fmt.Errorf("use a recovery code: %w", err)
	case !used:
		return errWrongCode
	}
	return t.tellAccount(a, AccountCodeUsed)
}

// acceptStep takes a code of the device, and no other one of its step or an
// earlier one ever again (RFC 6238 section 5.2).
func (t *turn) acceptStep(f *Factor, code string) error {
	secret, err := t.unseal(f)
	if err != nil {
		return err
	}
	step, ok := totpMatch(secret, code, t.now, f.LastStep)
	if !ok {
		return errWrongCode
	}
	f.LastStep = step
	return nil
}

// digits is a code without the spaces that people and programs put into it.
func digits(code string) string { return strings.Join(strings.Fields(code), "") }

// sums are what is kept of recovery codes. They are random enough that nobody
// finds them by trying: a plain hash will do. Case, spaces and hyphens do not count.
func sums(codes []string) []string {
	kept := make([]string, 0, len(codes))
	for _, code := range codes {
		plain := strings.Map(func(r rune) rune {
			if r == '-' || r == ' ' {
				return -1
			}
			return r
		}, strings.ToUpper(strings.TrimSpace(code)))
		sum := sha256.Sum256([]byte(plain))
		kept = append(kept, hex.EncodeToString(sum[:]))
	}
	slices.Sort(kept)
	return kept
}
