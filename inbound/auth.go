package inbound

import (
	"strings"

	"github.com/emersion/go-msgauth/authres"
	"golang.org/x/net/publicsuffix"

	"deskpost/inbound/mime"
	"deskpost/ticket"
)

// authenticity reads what our border mail server found out about the sender.
// Only the topmost field with its authserv-id counts: the border removes forged
// ones and writes its own above what came in (RFC 8601 sections 2.2 and 5).
//
// A From that the border may read otherwise than we do is nobody's: several
// fields or authors (RFC 7489 section 6.6.1), or an address that only decoding
// brings forth (RFC 2047 section 5 forbids it).
func authenticity(m *mime.Message, authserv string) ticket.Authenticity {
	from := sender(m)
	switch {
	case from.Email == "":
		return ticket.Unproven
	case m.FromCount != 1, len(m.From) != 1, !strings.Contains(strings.ToLower(m.Header.Raw("From")), from.Key()):
		return ticket.Forged
	case authserv == "":
		return ticket.Unproven
	}
	for _, value := range m.Header.All("Authentication-Results") {
		plain, ok := plainResults(value)
		id, _, _ := strings.Cut(plain, ";")
		if words := strings.Fields(id); len(words) == 0 || !strings.EqualFold(words[0], authserv) {
			continue
		}
		results, err := domainResults(plain)
		if !ok || err != nil {
			return ticket.Unproven // and not what stands in a field below
		}
		return judge(results, from.Domain())
	}
	return ticket.Unproven
}

// plainResults takes comments and quotes out of a field, so that its semicolons
// and spaces are all its own. The library splits at every one; but a sender
// chooses what a border server reports in them, such as
//
//	smtp.mailfrom="; dmarc=pass header.from=bank.example; "@evil.example
//
// ok is false where a comment or quote does not end (RFC 5322 section 3.2).
func plainResults(value string) (plain string, ok bool) {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case c == '\\' && (quoted || depth > 0):
			i++ // a quoted pair
		case quoted:
			quoted = c != '"'
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
			b.WriteByte(' ')
		case depth > 0:
		case c == '"':
			quoted = true
			b.WriteByte('_')
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), depth == 0 && !quoted
}

// domainResults parses the results of DKIM and DMARC. What a server says of
// other methods need not be well-formed.
func domainResults(plain string) ([]authres.Result, error) {
	parts := strings.Split(plain, ";")
	kept := parts[:1]
	for _, part := range parts[1:] {
		method := strings.ToLower(strings.TrimSpace(part))
		if strings.HasPrefix(method, "dkim") || strings.HasPrefix(method, "dmarc") {
			kept = append(kept, part)
		}
	}
	_, results, err := authres.Parse(strings.Join(kept, ";"))
	return results, err
}

// judge weighs the results of one field: DMARC decides where it was checked;
// without it an aligned DKIM signature proves the sender.
func judge(results []authres.Result, domain string) ticket.Authenticity {
	signed, passed := false, false
	for _, result := range results {
		switch r := result.(type) {
		case *authres.DMARCResult:
			named := r.From != ""
			if named && !aligned(r.From, domain) || r.Value == authres.ResultFail {
				return ticket.Forged // the border read another author, or disbelieves this one
			}
			passed = passed || strings.EqualFold(r.From, domain) && r.Value == authres.ResultPass
		case *authres.DKIMResult:
			signed = signed || r.Value == authres.ResultPass && aligned(signer(r), domain)
		}
	}
	if passed || signed {
		return ticket.Proven
	}
	return ticket.Unproven
}

// signer is the domain of a DKIM signature. Some servers name only the user on
// whose behalf it signed, whose domain is at or below the signer's (RFC 6376
// section 3.5).
func signer(r *authres.DKIMResult) string {
	if r.Domain != "" {
		return r.Domain
	}
	return r.Identifier[strings.LastIndexByte(r.Identifier, '@')+1:]
}

// aligned reports whether two domains belong to one organisation (RFC 7489
// section 3.1, relaxed mode).
func aligned(one, other string) bool {
	one, other = strings.ToLower(one), strings.ToLower(other)
	if one == "" || one == other {
		return one != ""
	}
	a, errA := publicsuffix.EffectiveTLDPlusOne(one)
	b, errB := publicsuffix.EffectiveTLDPlusOne(other)
	return errA == nil && errB == nil && a == b
}
