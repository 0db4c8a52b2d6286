package ticket

import (
	"regexp"
	"strings"
)

// endsInToken finds the token at the end of a local part, behind whatever
// separator.
var endsInToken = regexp.MustCompile(`[crnbe][1-9a-z][0-9a-z]{0,12}\.[a-z2-7]{26}$`)

// Vouch lists, in words, what of a notice was not signed with the key it names:
// answers to such a notice, reports about it or its echo would not be believed.
func (k Keys) Vouch(n *Notice) []string {
	key, ok := k.byID(n.Key)
	if !ok {
		return []string{"the key it was signed with is not there"}
	}
	var wrong []string
	if token, ok := tokenInID(n.MessageID); !ok || token.Kind != n.Answer || token.Notice != n.ID || !key.verify(token) {
		wrong = append(wrong, "its Message-ID is not signed for it")
	}
	if token, ok := parseToken(n.Stamp); !ok || token.Kind != TokenEcho || token.Notice != n.ID || !key.verify(token) {
		wrong = append(wrong, "its stamp is not signed for it")
	}
	// An address too long for a token stays bare: see tagged.
	for _, address := range []struct {
		name, email string
		kind        TokenKind
	}{{"return path", n.ReturnPath, TokenReturn}, {"answering address", n.ReplyTo, n.Answer}} {
		local, _, _ := strings.Cut(address.email, "@")
		if found := endsInToken.FindString(local); found != "" && !strings.HasSuffix(local, key.mint(address.kind, n.ID)) {
			wrong = append(wrong, "its "+address.name+" is not signed for it")
		}
	}
	return wrong
}
