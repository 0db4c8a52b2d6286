package s3blobs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deskpost/store/s3blobs"
	"deskpost/store/s3test"
	"deskpost/ticket"
)

// onServers runs a test on the server in this process and on the real one.
func onServers(t *testing.T, test func(*testing.T, s3blobs.Config)) {
	t.Parallel()
	t.Run("fake", func(t *testing.T) { t.Parallel(); test(t, s3test.Fake(t, nil)) })
	t.Run("real", func(t *testing.T) { t.Parallel(); test(t, s3test.Real(t)) })
}

// put writes bytes under a key below the prefix and returns the whole key.
func put(t *testing.T, b *s3blobs.Bucket, name string, content []byte) string {
	t.Helper()
	key := b.Prefix() + "/" + name
	if err := b.Put(context.Background(), key, bytes.NewReader(content), int64(len(content)), sha256.Sum256(content)); err != nil {
		t.Fatal(err)
	}
	return key
}

func read(b *s3blobs.Bucket, key string, from int64) ([]byte, int64, error) {
	body, size, err := b.Get(context.Background(), key, from)
	if err != nil {
		return nil, 0, err
	}
	got, err := io.ReadAll(body)
	return got, size, errors.Join(err, body.Close())
}

func TestObjects(t *testing.T) {
	onServers(t, func(t *testing.T, c s3blobs.Config) {
		b := s3test.New(t, c)
		for name, size := range map[string]int{"ab/empty": 0, "ab/one": 1, "cd/some": 300_000, "ef/many": 20 << 20} {
			content := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
			key := put(t, b, name, content)
			if size == 0 {
				continue // no byte to begin at
			}
			for _, from := range []int64{0, int64(size / 2), int64(size - 1)} {
				got, whole, err := read(b, key, from)
				if err != nil || whole != int64(size) || !bytes.Equal(got, content[from:]) {
					t.Errorf("%s from %d: %d bytes of %d, %v", name, from, len(got), whole, err)
				}
			}
		}
		if keys := s3test.Keys(t, b); len(keys) != 4 {
			t.Errorf("listed: %q", keys)
		}
		gone := b.Prefix() + "/ab/one"
		for range 2 { // the second time it is not there
			if err := b.Remove(context.Background(), gone); err != nil {
				t.Errorf("remove: %v", err)
			}
		}
		_, _, err := read(b, gone, 0)
		if !errors.Is(err, fs.ErrNotExist) || isOutage(err) {
			t.Errorf("read what is gone: %v", err)
		}
		wantWords(t, err, gone, "no such object", b.String())
	})
}

func TestProbe(t *testing.T) {
	onServers(t, func(t *testing.T, c s3blobs.Config) {
		b := s3test.New(t, c)
		if err := b.Probe(context.Background()); err != nil {
			t.Fatal(err)
		}
		if keys := s3test.Keys(t, b); len(keys) != 0 {
			t.Errorf("it left %q", keys)
		}
	})
}

// TestWrongSum shows that a server refuses bytes that changed on the way.
func TestWrongSum(t *testing.T) {
	t.Parallel()
	change := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				r.Body = io.NopCloser(bytes.NewReader(bytes.Replace(body, []byte("hello"), []byte("jello"), 1)))
			}
			next.ServeHTTP(w, r)
		})
	}
	b := s3test.New(t, s3test.Fake(t, change))
	content := []byte("hello")
	err := b.Put(context.Background(), "mail/a", bytes.NewReader(content), 5, sha256.Sum256(content))
	wantWords(t, err, "changed on the way", "BadDigest")
	if keys := s3test.Keys(t, b); len(keys) != 0 {
		t.Errorf("it was kept: %q", keys)
	}
}

// TestWrongSumOnRealServer has a sum that is not that of the bytes.
func TestWrongSumOnRealServer(t *testing.T) {
	t.Parallel()
	b := s3test.New(t, s3test.Real(t))
	err := b.Put(context.Background(), b.Prefix()+"/a", strings.NewReader("hello"), 5, ticket.Sum{1})
	if err == nil {
		t.Fatal("bytes with another sum were taken")
	}
	if keys := s3test.Keys(t, b); len(keys) != 0 {
		t.Errorf("they were kept: %q", keys)
	}
}

// TestFaults has servers that refuse, overload, cut and stall.
func TestFaults(t *testing.T) {
	t.Parallel()
	answer := func(status int, code string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(status)
			io.WriteString(w, "<Error><Code>"+code+"</Code><Message>no</Message></Error>")
		}
	}
	stall := func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // else the server does not see the client go
		<-r.Context().Done()
	}
	for name, c := range map[string]struct {
		serve func(http.ResponseWriter, *http.Request)
		words []string
	}{
		"denied":     {answer(403, "AccessDenied"), []string{"access denied", "get, put and delete"}},
		"no bucket":  {answer(404, "NoSuchBucket"), []string{"no such bucket", "make it"}},
		"bad secret": {answer(403, "SignatureDoesNotMatch"), []string{"correct blobs_key and blobs_secret"}},
		"region":     {answer(400, "AuthorizationHeaderMalformed"), []string{"another region", "?endpoint=...&region=..."}},
		"clock":      {answer(403, "RequestTimeTooSkewed"), []string{"set the clocks"}},
		"full":       {answer(507, "QuotaExceeded"), []string{"no room", "raise the quota"}},
		"overloaded": {answer(503, "SlowDown"), []string{"overloaded", "new mail stays on the mail server"}},
		"other":      {answer(409, "Strange"), []string{"refused", "Strange"}},
		"silent":     {stall, []string{"new mail stays on the mail server"}},
		"cut": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			[]string{"new mail stays on the mail server"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := s3test.Fake(t, func(http.Handler) http.Handler { return http.HandlerFunc(c.serve) })
			if name == "silent" {
				config.Patience = 200 * time.Millisecond
			}
			b := s3test.New(t, config)
			content := []byte("hello")
			err := b.Put(context.Background(), "mail/a", bytes.NewReader(content), 5, sha256.Sum256(content))
			wantWords(t, err, append(c.words, "s3://desk/mail", config.Endpoint, "write mail/a")...)
			if !isOutage(err) {
				t.Errorf("it does not count as an outage: %v", err)
			}
			if err := b.List(context.Background(), func(string, time.Time) error { return nil }); err == nil {
				t.Error("the list has no error")
			}
			if err := b.Remove(context.Background(), "mail/a"); err == nil {
				t.Error("to remove has no error")
			}
		})
	}
}

// TestOverloadPasses has a server that refuses twice and then works.
func TestOverloadPasses(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	b := s3test.New(t, s3test.Fake(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if requests.Add(1) < 3 {
				io.Copy(io.Discard, r.Body)
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(w, r)
		})
	}))
	key := put(t, b, "a", []byte("hello"))
	if got, _, err := read(b, key, 0); err != nil || string(got) != "hello" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestSilentBody has a server that stops in the middle of an object.
func TestSilentBody(t *testing.T) {
	t.Parallel()
	config := s3test.Fake(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			io.WriteString(w, "the beginning")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
	})
	config.Patience = 300 * time.Millisecond
	got, _, err := read(s3test.New(t, config), "mail/a", 0)
	if string(got) != "the beginning" || !isOutage(err) {
		t.Errorf("got %q, %v", got, err)
	}
	wantWords(t, err, "silent")
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := s3test.Fake(t, nil)
	trusted := config
	config.Endpoint = l.Addr().String()
	l.Close()
	_, _, err = read(s3test.New(t, config), "mail/a", 0)
	wantWords(t, err, "cannot be reached", "correct the endpoint")
	if text := err.Error(); strings.Contains(text, "http://") {
		t.Errorf("the error says twice what was asked for: %s", text)
	}

	untrusted := trusted
	untrusted.CAs = nil
	_, _, err = read(s3test.New(t, untrusted), "mail/a", 0)
	wantWords(t, err, "blobs_ca_file")

	keyless := trusted
	keyless.Secret = func() (string, error) { return "", errors.New("there is no file secret") }
	_, _, err = read(s3test.New(t, keyless), "mail/a", 0)
	wantWords(t, err, "blobs_secret: there is no file secret")
}

func isOutage(err error) bool {
	e, ok := errors.AsType[*s3blobs.Error](err)
	return ok && e.Outage()
}

// wantWords demands that an error says what an operator needs.
func wantWords(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error; want one with %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not say %q: %v", w, err)
		}
	}
}
