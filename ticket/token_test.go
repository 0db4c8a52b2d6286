package ticket

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var testKey = Key{ID: 1, Secret: []byte("0123456789abcdef0123456789abcdef")}

func TestTokenRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]TokenKind{TokenCustomer, TokenReply, TokenNote, TokenReturn, TokenEcho}).Draw(t, "kind")
		id := rapid.Int64Range(1, 1<<62).Draw(t, "notice")
		text := testKey.mint(kind, id)
		if rapid.Bool().Draw(t, "upper case") {
			text = strings.ToUpper(text) // some mail systems do
		}
		token, ok := parseToken(text)
		if !ok || token.Kind != kind || token.Notice != id || !testKey.verify(token) {
			t.Fatalf("%s did not come back: %+v %v", text, token, ok)
		}
	})
}

func TestTokenForgedIsRefused(t *testing.T) {
	good := testKey.mint(TokenReply, 4711)
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(good)
		i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		c := rapid.SampledFrom([]byte("abcdefghijklmnopqrstuvwxyz234567.01+-")).Draw(t, "to")
		if b[i] == c {
			t.Skip("not changed")
		}
		b[i] = c
		if token, ok := parseToken(string(b)); ok && testKey.verify(token) {
			t.Fatalf("%s verifies, though only %s was minted", b, good)
		}
	})
	for _, cut := range []string{"", "r", good[:len(good)-1], good + "a", good + good, "x" + good[1:], strings.TrimRight(good, "abcdefghijklmnopqrstuvwxyz234567")} {
		if _, ok := parseToken(cut); ok {
			t.Errorf("%q counts as a token", cut)
		}
	}
	other := Key{ID: 2, Secret: []byte("another secret of thirty-two byt")}
	if token, _ := parseToken(good); other.verify(token) {
		t.Error("another desk's key verifies the token")
	}
}

func TestTaggedKeepsLocalPartLegal(t *testing.T) {
	token := testKey.mint(TokenReply, 1<<40)
	short := tagged(Address{Email: "support@bank.example"}, "+", token)
	if want := "support+" + token + "@bank.example"; short != want {
		t.Errorf("got %s, want %s", short, want)
	}
	long := strings.Repeat("x", 40) + "@bank.example"
	if got := tagged(Address{Email: long}, "+", token); got != long {
		t.Errorf("local part beyond 64 octets: %s", got)
	}
	if got := tagged(Address{Email: "support@bank.example"}, "", token); got != "support@bank.example" {
		t.Errorf("no separator: %s", got)
	}
}

func TestReferenceLine(t *testing.T) {
	keys := Keys{{ID: 1, Secret: []byte("old old old old old old old old ")}, testKey}
	line := testKey.reference(1042)
	old := keys[0].reference(1042)
	for _, text := range []string{line, "> " + line, "text\n" + strings.ToUpper(line) + "\nmore", old} {
		if found := keys.references(text); len(found) != 1 || found[0] != 1042 {
			t.Errorf("%q names %v, want 1042", text, found)
		}
	}
	for _, text := range []string{strings.Replace(line, "1042", "1043", 1), line[:len(line)-1], "Ref 1042-aaaaaaaaaaaaa", ""} {
		if found := keys.references(text); len(found) != 0 {
			t.Errorf("%q names %v, want nothing", text, found)
		}
	}
}

func TestCleanSubject(t *testing.T) {
	for in, want := range map[string]string{
		"Help":                                "Help",
		"Re: AW: re[2]: [#1042] Help":         "Help",
		"[#1042] Re: Help [#7]":               "Help",
		"Refund please":                       "Refund please",
		"":                                    "(no subject)",
		"Re:":                                 "(no subject)",
		"  many   spaces\tand\nlines":         "many spaces and lines",
		"Fwd: keep what says it is forwarded": "Fwd: keep what says it is forwarded",
	} {
		if got := cleanSubject(in); got != want {
			t.Errorf("cleanSubject(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRetriesAfter(t *testing.T) {
	r := Retries{Delays: []time.Duration{time.Minute, time.Hour}}
	for attempts, want := range map[int]time.Duration{0: time.Minute, 1: time.Minute, 2: time.Hour, 99: time.Hour} {
		if got := r.After(attempts); got != want {
			t.Errorf("after %d attempts: %s, want %s", attempts, got, want)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add(testKey.mint(TokenReply, 1))
	f.Add("r.aaaaaaaaaaaaaaaaaaaaaaaaaa")
	f.Fuzz(func(t *testing.T, s string) {
		token, ok := parseToken(s)
		if ok && testKey.verify(token) && !strings.EqualFold(s, testKey.mint(token.Kind, token.Notice)) {
			t.Fatalf("%q verifies as %+v", s, token)
		}
	})
}
