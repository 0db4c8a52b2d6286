package ticket

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"time"
)

// What the codes of a second factor are made by (RFC 6238): the values that every
// program for them knows without being told.
const (
	totpPeriod = 30 * time.Second
	totpWindow = 1 // steps that the device's clock may be off, either way
)

// TOTPSecretBytes is how long a secret is: as long as the hash (RFC 4226 section 4).
const TOTPSecretBytes = sha1.Size

// totpStep is the number of the period in which an instant lies.
func totpStep(at time.Time) int64 { return at.Unix() / int64(totpPeriod/time.Second) }

// totpCode is the code of a step (RFC 4226 section 5.3).
func totpCode(secret []byte, step int64) string {
	h := hmac.New(sha1.New, secret)
	_ = binary.Write(h, binary.BigEndian, step) // to a hash, which takes everything
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fff_ffff)%1_000_000)
}

// totpMatch is the step whose code somebody has typed at an instant, later than
// one that was accepted before; false if there is none. Each step is compared, so
// that how long it takes tells nothing.
func totpMatch(secret []byte, code string, now time.Time, after int64) (step int64, ok bool) {
	for s := totpStep(now) - totpWindow; s <= totpStep(now)+totpWindow; s++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, s)), []byte(code)) == 1 && s > after {
			step, ok = s, true
		}
	}
	return step, ok
}
