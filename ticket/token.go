package ticket

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A TokenKind says what holding a token is good for.
type TokenKind string

// The kinds of tokens. The first three say what an answer becomes.
const (
	TokenCustomer TokenKind = "c" // an answer is the participant's message
	TokenReply    TokenKind = "r" // an agent's answer goes to the requester
	TokenNote     TokenKind = "n" // an agent's answer is a note
	TokenReturn   TokenKind = "b" // return path: bounces come here
	TokenEcho     TokenKind = "e" // X-Deskpost-Notice: proves a mail to be ours
)

// A Token names the notice it was minted for: that row says which ticket,
// which participant or agent, and when. Its text form is
// <kind><notice id in base 36>.<mac>.
type Token struct {
	Kind   TokenKind
	Notice int64
	mac    string
}

// A Key signs tokens. Its ID is kept with each notice, so that old keys go on
// verifying what they signed.
type Key struct {
	ID     int
	Secret []byte
}

// Keys are the signing keys of a desk; the last one signs.
type Keys []Key

var (
	tokenPattern = regexp.MustCompile(`^([crnbe])([1-9a-z][0-9a-z]{0,12})\.([a-z2-7]{26})$`)
	refPattern   = regexp.MustCompile(`(?i)\bref[: ] ?(\d{1,15})-([a-z2-7]{13})\b`)
	lowerBase32  = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
)

// signing is the key that signs new tokens.
func (k Keys) signing() Key { return k[len(k)-1] }

func (k Keys) byID(id int) (Key, bool) {
	for _, key := range k {
		if key.ID == id {
			return key, true
		}
	}
	return Key{}, false
}

// mac is the first 128 bits of HMAC-SHA256 over the purpose and the fields, in
// 26 characters of base 32 that survive a change of case.
func (k Key) mac(fields ...string) string {
	h := hmac.New(sha256.New, k.Secret)
	h.Write([]byte("deskpost/token/1"))
	for _, f := range fields {
		fmt.Fprintf(h, "|%d:%s", len(f), f)
	}
	return lowerBase32.EncodeToString(h.Sum(nil)[:16])
}

// mint writes the token of a notice.
func (k Key) mint(kind TokenKind, notice int64) string {
	id := strconv.FormatInt(notice, 36)
	return string(kind) + id + "." + k.mac(string(kind), id)
}

// parseToken reads the text form of a token. It says nothing about the token
// being ours: see verify.
func parseToken(s string) (Token, bool) {
	m := tokenPattern.FindStringSubmatch(strings.ToLower(s))
	if m == nil {
		return Token{}, false
	}
	id, err := strconv.ParseInt(m[2], 36, 64)
	if err != nil || id <= 0 {
		return Token{}, false
	}
	return Token{Kind: TokenKind(m[1]), Notice: id, mac: m[3]}, true
}

// verify reports, in constant time, whether the key signed the token.
func (k Key) verify(t Token) bool {
	want := k.mac(string(t.Kind), strconv.FormatInt(t.Notice, 36))
	return subtle.ConstantTimeCompare([]byte(want), []byte(t.mac)) == 1
}

// tagged puts a token into an address: support+TOKEN@example.com. A local part
// beyond the 64 octets of RFC 5321 section 4.5.3.1.1 stays bare; the signed
// Message-ID carries the token then.
func tagged(address Address, separator, token string) string {
	local, domain, ok := strings.Cut(address.Email, "@")
	if !ok || separator == "" || len(local)+len(separator)+len(token) > 64 {
		return address.Email
	}
	return local + separator + token + "@" + domain
}

// tokenIn finds the token in a recipient address of ours.
func (p *Policy) tokenIn(recipient string) (Token, bool) {
	local, _, ok := strings.Cut(recipient, "@")
	if !ok || p.Separator == "" || !p.Own(recipient) {
		return Token{}, false
	}
	at := strings.LastIndex(local, p.Separator)
	if at < 0 {
		return Token{}, false
	}
	return parseToken(local[at+len(p.Separator):])
}

// tokenInID finds the token in a Message-ID of ours: <TOKEN@domain>.
func tokenInID(messageID string) (Token, bool) {
	left, _, ok := strings.Cut(messageID, "@")
	if !ok {
		return Token{}, false
	}
	return parseToken(left)
}

// reference is the line that mails to customers carry for mail programs that
// drop headers. It names the ticket and gives a participant nothing more.
func (k Key) reference(n Number) string {
	s := strconv.FormatInt(int64(n), 10)
	return "Ref " + s + "-" + k.mac("ref", s)[:13]
}

// references finds the tickets that a text names in signed reference lines.
func (k Keys) references(text string) []Number {
	var found []Number
	for _, m := range refPattern.FindAllStringSubmatch(text, 20) {
		for _, key := range k {
			want := key.mac("ref", m[1])[:13]
			if subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(m[2]))) == 1 {
				n, err := strconv.ParseInt(m[1], 10, 64)
				if err == nil {
					found = append(found, Number(n))
				}
			}
		}
	}
	return found
}

// rootID is the Message-ID that stands at the head of every References of a
// ticket, so that mail programs which keep only part of the chain still show
// one conversation.
func rootID(n Number, domain string) string {
	return fmt.Sprintf("ticket.%d@%s", n, domain)
}
