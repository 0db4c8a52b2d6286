package mime

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestBase64(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                           "",
		"aGVsbG8h":                   "hello!",
		"aGVsbG8hIQ==":               "hello!!",
		"aGVsbG8hIQ":                 "hello!!", // no padding
		"aGVs\r\nbG8h\r\n":           "hello!",
		"aG\r\nVsb\r\nG8h":           "hello!", // lines that end within a group
		"a-G*V sbG8h":                "hello!", // bytes that are none of base64
		"aGVsbG8hIQ==aGVsbG8hIQ==":   "hello!!hello!!",
		"aGVsbG8hISE=aGVsbG8h":       "hello!!!hello!",
		"aGVsbG8h=":                  "hello!", // padding too many
		"a=aGVsbG8h":                 "hello!", // a group that ends early
		"\xff\x00aGVs\xc3\xa9bG8h\n": "hello!",
		"+/+/":                       "\xfb\xff\xbf",
	} {
		if got := decodeBase64(t, strings.NewReader(in)); string(got) != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// FuzzBase64 demands that it makes no difference how the bytes come in: one at
// a time they never make a whole group.
func FuzzBase64(f *testing.F) {
	for _, seed := range []string{"aGVsbG8hIQ==", "aG\r\nVsbG8h\r\n", "a=aGVsbG8h", "\xff-aGVsbG8", strings.Repeat("aGVs", 9<<10)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		whole := decodeBase64(t, bytes.NewReader(in))
		single := decodeBase64(t, iotest.OneByteReader(bytes.NewReader(in)))
		if !bytes.Equal(whole, single) {
			t.Errorf("%q is %q, but byte by byte %q", in, whole, single)
		}
		if proper, err := base64.StdEncoding.DecodeString(string(in)); err == nil && !bytes.Equal(whole, proper) {
			t.Errorf("%q is %q, want %q", in, whole, proper)
		}
	})
}

func BenchmarkBase64(b *testing.B) {
	line := strings.Repeat("QUJD", 19) + "\r\n"
	in := strings.Repeat(line, (1<<20)/len(line))
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		if _, err := io.Copy(io.Discard, &base64Reader{src: strings.NewReader(in)}); err != nil {
			b.Fatal(err)
		}
	}
}

func decodeBase64(t *testing.T, in io.Reader) []byte {
	t.Helper()
	out, err := io.ReadAll(&base64Reader{src: in})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
