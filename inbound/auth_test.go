package inbound

import (
	"strings"
	"testing"

	"deskpost/inbound/mime"
	"deskpost/ticket"
)

func TestAuthenticity(t *testing.T) {
	t.Parallel()
	const ours = "Authentication-Results: mx.bank.example; "
	for name, test := range map[string]struct {
		header string // above or in place of From
		want   ticket.Authenticity
	}{
		"nothing":                    {"", ticket.Unproven},
		"dmarc pass":                 {ours + "dmarc=pass header.from=example.com", ticket.Proven},
		"dmarc fail":                 {ours + "dmarc=fail (p=none) header.from=example.com", ticket.Forged},
		"dmarc none":                 {ours + "dmarc=none header.from=example.com", ticket.Unproven},
		"dmarc temperror":            {ours + "dmarc=temperror header.from=example.com", ticket.Unproven},
		"dmarc of nobody":            {ours + "dmarc=pass", ticket.Unproven},
		"dmarc of another author":    {ours + "dmarc=pass header.from=evil.example", ticket.Forged},
		"dmarc of a subdomain":       {ours + "dmarc=pass header.from=mail.example.com", ticket.Unproven},
		"dkim aligned":               {ours + "dkim=pass header.d=example.com", ticket.Proven},
		"dkim relaxed":               {ours + "dkim=pass header.d=mail.example.com", ticket.Proven},
		"dkim by identity":           {ours + "dkim=pass header.i=@example.com header.s=k", ticket.Proven},
		"dkim of another":            {ours + "dkim=pass header.d=evil.example", ticket.Unproven},
		"dkim of a public suffix":    {ours + "dkim=pass header.d=com", ticket.Unproven},
		"dkim of nobody":             {ours + "dkim=pass", ticket.Unproven},
		"dkim fail":                  {ours + "dkim=fail header.d=example.com", ticket.Unproven},
		"one dkim of two":            {ours + "dkim=pass header.d=list.example; dkim=pass header.d=example.com", ticket.Proven},
		"dmarc none, dkim aligned":   {ours + "dmarc=none header.from=example.com; dkim=pass header.d=example.com", ticket.Proven},
		"dmarc fail beats dkim":      {ours + "dkim=pass header.d=example.com; dmarc=fail header.from=example.com", ticket.Forged},
		"dmarc fail beats dmarc":     {ours + "dmarc=pass header.from=example.com; dmarc=fail header.from=example.com", ticket.Forged},
		"spf proves nothing":         {ours + "spf=pass smtp.mailfrom=example.com", ticket.Unproven},
		"case":                       {"authentication-results: MX.Bank.Example 1; DMARC=PASS header.from=EXAMPLE.com", ticket.Proven},
		"version 2":                  {"Authentication-Results: mx.bank.example 2; dmarc=pass header.from=example.com\n" + ours + "dmarc=pass header.from=example.com", ticket.Unproven},
		"folded":                     {"Authentication-Results: mx.bank.example;\n\tdkim=pass header.d=example.com;\n\tdmarc=pass header.from=example.com", ticket.Proven},
		"results: none":              {"Authentication-Results: mx.bank.example; none", ticket.Unproven},
		"malformed":                  {ours + "dmarc header.from=example.com\n" + ours + "dmarc=pass header.from=example.com", ticket.Unproven},
		"others may be malformed":    {ours + "arc=pass header.oldest-pass=0; dmarc=pass header.from=example.com", ticket.Proven},
		"another server":             {"Authentication-Results: mx.evil.example; dmarc=pass header.from=example.com", ticket.Unproven},
		"a server named like ours":   {"Authentication-Results: mx.bank.example.evil.example; dmarc=pass header.from=example.com", ticket.Unproven},
		"another server's above":     {"Authentication-Results: hop.example; dmarc=fail header.from=example.com\n" + ours + "dmarc=pass header.from=example.com", ticket.Proven},
		"only our topmost":           {ours + "dmarc=none header.from=example.com\n" + ours + "dmarc=pass header.from=example.com", ticket.Unproven},
		"comment":                    {"Authentication-Results: (x) mx.bank.example (y (z)); dmarc=pass (policy=none) header.from=example.com", ticket.Proven},
		"injected by comment":        {ours + "spf=none (helo a; dmarc=pass header.from=example.com; b) smtp.helo=a", ticket.Unproven},
		"injected by nested comment": {ours + "spf=none (a (b) ; dmarc=pass header.from=example.com; ) smtp.helo=a", ticket.Unproven},
		"injected by escape":         {ours + `spf=none (a \) ; dmarc=pass header.from=example.com; b) smtp.helo=a`, ticket.Unproven},
		"injected by quote":          {ours + `spf=none smtp.mailfrom="; dmarc=pass header.from=example.com; "@evil.example`, ticket.Unproven},
		"injected by escaped quote":  {ours + `spf=none smtp.mailfrom="\"; dmarc=pass header.from=example.com; "@evil.example`, ticket.Unproven},
		"injected parameter":         {ours + `dmarc=pass reason="x header.from=example.com " header.from=evil.example`, ticket.Forged},
		"comment without end":        {ours + "dmarc=pass header.from=example.com; spf=none (x", ticket.Unproven},
		"quote without end":          {ours + `dmarc=pass header.from=example.com; spf=none smtp.mailfrom="x`, ticket.Unproven},
		"dmarc fail without a name":  {ours + "dmarc=fail", ticket.Forged},
		"dmarc none, another author": {ours + "dmarc=none header.from=evil.example", ticket.Forged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mail := strings.ReplaceAll(test.header+"\nFrom: Ann <ann@example.com>\n\nx\n", "\n", "\r\n")
			mail = strings.TrimPrefix(mail, "\r\n")
			m := mime.Read(strings.NewReader(mail), mime.DefaultLimits())
			if got := authenticity(m, "mx.bank.example"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := authenticity(m, ""); got != ticket.Unproven {
				t.Errorf("without a server to believe: %q", got)
			}
		})
	}
}

func TestSeveralAuthorsProveNothing(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]ticket.Authenticity{
		"ann@example.com":                           ticket.Proven,
		"Doe, Ann <ann@example.com>":                ticket.Proven,
		"ann@example.com, eve@evil.example":         ticket.Forged,
		"undisclosed <>, ann@example.com":           ticket.Forged,
		"ann@example.com\r\nFrom: eve@evil.example": ticket.Forged,
		`"x" <=?utf-8?q?ann=40example.com?=>`:       ticket.Forged,
		"=?utf-8?q?ann=40example.com?=":             ticket.Forged,
		"Ann":                                       ticket.Unproven,
		"":                                          ticket.Unproven,
	} {
		mail := "Authentication-Results: mx.bank.example; dmarc=pass header.from=example.com\r\nFrom: " + from + "\r\n\r\nx\r\n"
		m := mime.Read(strings.NewReader(mail), mime.DefaultLimits())
		if got := authenticity(m, "mx.bank.example"); got != want {
			t.Errorf("From %q: got %q, want %q", from, got, want)
		}
	}
}

// FuzzAuthenticity wants no crash, and no proof from what stands in quotes.
func FuzzAuthenticity(f *testing.F) {
	for _, seed := range []string{"a", `"; dmarc=pass header.from=example.com`, `\`, `\"`, "(", ")", "; dmarc=pass"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, local string) {
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "", "\n", "", "\x00", "").Replace(local) + `"`
		mail := "Authentication-Results: mx.bank.example; spf=none smtp.mailfrom=" + quoted + "@evil.example\r\nFrom: ann@example.com\r\n\r\nx\r\n"
		m := mime.Read(strings.NewReader(mail), mime.DefaultLimits())
		if got := authenticity(m, "mx.bank.example"); got != ticket.Unproven {
			t.Errorf("%q proves %q", quoted, got)
		}
	})
}
