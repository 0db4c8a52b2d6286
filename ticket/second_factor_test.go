package ticket

import (
	"bytes"
	"testing"
	"time"
)

// TestTOTP: the codes are those of RFC 6238 appendix B, in six digits.
func TestTOTP(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for _, c := range []struct {
		at   int64
		code string
	}{{59, "287082"}, {1111111109, "081804"}, {1111111111, "050471"}, {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}} {
		now := time.Unix(c.at, 0)
		if got := totpCode(secret, totpStep(now)); got != c.code {
			t.Errorf("at %d the code is %s, want %s", c.at, got, c.code)
		}
		for off, want := range map[time.Duration]bool{-time.Minute: c.at < 60 /* there is no time before 1970 */, -totpPeriod: true, 0: true, totpPeriod: true, time.Minute: false} {
			if _, ok := totpMatch(secret, c.code, now.Add(off), 0); ok != want {
				t.Errorf("the code of %d matches %s later: %v, want %v", c.at, off, ok, want)
			}
		}
		if _, ok := totpMatch(secret, c.code, now, totpStep(now)); ok {
			t.Errorf("the code of %d matches again", c.at)
		}
	}
}

// TestSecretsAreSealed: what is kept of a secret opens for the agent, the address
// and the key of the desk that it was sealed for, and for nobody else.
func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	old := Key{ID: 1, Secret: []byte("0123456789abcdef0123456789abcdef")}
	now := Key{ID: 2, Secret: []byte("fedcba9876543210fedcba9876543210")}
	desk := turn{keys: Keys{old}}
	f := Factor{Agent: "jane", Address: "jane@private.example"}
	if err := desk.seal(&f, secret); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(f.Sealed, secret[:8]) {
		t.Error("the secret is kept in the clear")
	}
	again := f
	if err := desk.seal(&again, secret); err != nil || bytes.Equal(again.Sealed, f.Sealed) {
		t.Errorf("sealed twice alike (%v)", err)
	}
	rotated := turn{keys: Keys{old, now}}
	if got, err := rotated.unseal(&f); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("after another key was made it opens as %q (%v)", got, err)
	}
	for name, change := range map[string]func(*Factor){
		"agent": func(f *Factor) { f.Agent = "john" }, "address": func(f *Factor) { f.Address = "joan@private.example" },
		"border": func(f *Factor) { f.Agent, f.Address = "jane|20:", "jane@private.example" },
		"key":    func(f *Factor) { f.Key = 2 }, "lost key": func(f *Factor) { f.Key = 3 },
		"bit": func(f *Factor) { f.Sealed = bytes.Clone(f.Sealed); f.Sealed[20] ^= 1 }, "nothing": func(f *Factor) { f.Sealed = nil },
	} {
		other := f
		change(&other)
		if got, err := rotated.unseal(&other); err == nil {
			t.Errorf("with another %s it opens as %q", name, got)
		}
	}
}
