package browsertest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// secret is what the page shows to somebody who sets up a second factor.
func (b *tab) secret() string {
	b.t.Helper()
	var shown string
	b.ask(`document.querySelector("code.secret").textContent`, &shown)
	return strings.ReplaceAll(shown, " ", "")
}

// totpCode is what a device with a secret shows at an instant (RFC 6238).
func totpCode(secret string, at time.Time) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		panic(err)
	}
	h := hmac.New(sha1.New, key)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := h.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[offset:])&0x7fffffff)%1_000_000)
}
