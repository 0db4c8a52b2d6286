package ticket

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"slices"
	"strings"
	"time"
)

// A Scope is something that an API token lets a program do. The rights of the
// token's agent hold beside it: no token may do more than its agent.
type Scope string

// The scopes.
const (
	ScopeRead  Scope = "tickets:read"  // tickets with their threads, and what their properties may be
	ScopeWrite Scope = "tickets:write" // to open tickets, post and give commands; holds ScopeRead, since commands such as #show answer
	ScopeFiles Scope = "files:read"    // attachments
)

// Scopes lists every scope.
var Scopes = []Scope{ScopeRead, ScopeWrite, ScopeFiles}

// Says is what a scope lets a program do, in words.
func (s Scope) Says() string {
	switch s {
	case ScopeRead:
		return "read tickets and their threads"
	case ScopeWrite:
		return "read tickets, open them, post replies and notes, give commands"
	case ScopeFiles:
		return "read attachments"
	}
	return string(s)
}

// An APIToken is what a program shows to act for an agent. Who has its secret has
// the token; the desk keeps only a digest of it.
type APIToken struct {
	ID        int64
	Agent     string // key
	Name      string // given by whoever made it
	Scopes    []Scope
	MadeAt    time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // to within a minute; zero is never
	RevokedAt time.Time // zero if it was not
}

// Allows reports whether the token has a scope.
func (k *APIToken) Allows(s Scope) bool {
	return slices.Contains(k.Scopes, s) || s == ScopeRead && slices.Contains(k.Scopes, ScopeWrite)
}

// Ended reports whether the token is worth nothing any more, whoever its agent is.
func (k *APIToken) Ended(now time.Time) bool {
	return !k.RevokedAt.IsZero() || !now.Before(k.ExpiresAt)
}

// APITokens are the part of a Tx that keeps the tokens of programs.
type APITokens interface {
	// AddAPIToken writes a token with the digest of its secret and gives it its ID.
	AddAPIToken(k *APIToken, digest string) error
	// APIToken reads the token with this digest.
	APIToken(digest string) (APIToken, error)
	// APITokens lists those of an agent, or with "" all, by ID.
	APITokens(agent string) ([]APIToken, error)
	// UseAPIToken writes when a token was used last, RevokeAPIToken when it was
	// revoked: the first time counts.
	UseAPIToken(id int64, at time.Time) error
	RevokeAPIToken(id int64, at time.Time) error
	// ForgetAPITokens removes tokens that expired before an instant.
	ForgetAPITokens(before time.Time) error
}

// secretPrefix begins every secret of an API token, so that programs that look for
// secrets in code and logs know one when they see it.
const secretPrefix = "dp_"

// secretForm writes bytes in capitals and digits of which none looks like another.
var secretForm = base32.StdEncoding.WithPadding(base32.NoPadding)

// newSecret is a secret: the prefix, 130 random bits, and a check sum by which one
// that was cut off or mistyped is known without asking the store.
func newSecret() string {
	random := rand.Text()
	return secretPrefix + random + checkSum(random)
}

func checkSum(random string) string {
	return secretForm.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(random))))
}

// wellFormed reports whether a text can be a secret.
func wellFormed(secret string) bool {
	rest, ok := strings.CutPrefix(secret, secretPrefix)
	return ok && len(rest) == 33 && checkSum(rest[:26]) == rest[26:]
}

// digest is what is kept of a secret. It needs no salt and no slow hash, since
// nobody can guess 130 random bits.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
