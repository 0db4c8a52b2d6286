// Package s3test hands buckets to tests: on a server in this process, or on the
// real one that the environment names.
package s3test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"deskpost/store/s3blobs"
)

// serverEnv is a real server and a bucket on it, such as
// "http://KEY:SECRET@127.0.0.1:7070/BUCKET". Each test has a prefix of its own.
const serverEnv = "DESKPOST_TEST_S3"

// Bucket is an empty bucket on the real server if the environment names one, and
// else on one in this process.
func Bucket(t testing.TB) *s3blobs.Bucket {
	t.Helper()
	if os.Getenv(serverEnv) == "" {
		return New(t, Fake(t, nil))
	}
	return New(t, Real(t))
}

// New is the bucket of a config.
func New(t testing.TB, c s3blobs.Config) *s3blobs.Bucket {
	t.Helper()
	b, err := s3blobs.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Real is an empty prefix of the bucket on the real server. Where the environment
// names none the test is skipped, and in CI it fails.
func Real(t testing.TB) s3blobs.Config {
	t.Helper()
	server := os.Getenv(serverEnv)
	if server == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set: CI has to test a real S3 server", serverEnv)
		}
		t.Skipf("%s is not set: name a bucket on an S3 server to test with it", serverEnv)
	}
	u, err := url.Parse(server)
	if err != nil || u.User == nil {
		t.Fatalf("%s is not such as http://KEY:SECRET@127.0.0.1:7070/BUCKET", serverEnv)
	}
	secret, _ := u.User.Password()
	c := s3blobs.Config{
		Endpoint: u.Host, Plain: u.Scheme == "http", Region: "us-east-1",
		Bucket: strings.Trim(u.Path, "/"), Prefix: "test-" + strings.ToLower(rand.Text()) + "/mail",
		Key: text(u.User.Username()), Secret: text(secret),
	}
	b := New(t, c)
	t.Cleanup(func() { clear(t, b) })
	return c
}

// clear removes what a test has left.
func clear(t testing.TB, b *s3blobs.Bucket) {
	for _, key := range Keys(t, b) {
		if err := b.Remove(context.Background(), key); err != nil {
			t.Error(err)
		}
	}
}

// Keys are those of all objects in a bucket.
func Keys(t testing.TB, b *s3blobs.Bucket) []string {
	t.Helper()
	var keys []string
	err := b.List(context.Background(), func(key string, _ time.Time) error {
		keys = append(keys, key)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return keys
}

// What the server in this process has and asks for. It believes any secret.
const (
	fakeBucket = "desk"
	fakePrefix = "mail"
	fakeRegion = "us-east-1"
)

// Fake is a bucket on a server in this process. Faults go between it and its
// clients; nil is without.
func Fake(t testing.TB, faults func(http.Handler) http.Handler) s3blobs.Config {
	t.Helper()
	server := serve(t, faults)
	authorities := x509.NewCertPool()
	authorities.AddCert(server.Certificate())
	return s3blobs.Config{
		Endpoint: server.Listener.Addr().String(), Region: fakeRegion, Bucket: fakeBucket, Prefix: fakePrefix, CAs: authorities,
		Key: text("key"), Secret: text("secret"),
	}
}

// FakeSettings is such a bucket as the top of a config file names it.
func FakeSettings(t testing.TB) string {
	t.Helper()
	server := serve(t, nil)
	file := filepath.Join(t.TempDir(), "authority.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("blobs = \"s3://%s/%s?endpoint=%s\"\nblobs_key = \"key\"\nblobs_secret = \"secret\"\nblobs_ca_file = %q\n",
		fakeBucket, fakePrefix, server.URL, file)
}

// serve starts the server in this process, with TLS: without it that server keeps
// the frames of an upload as if they were its bytes.
func serve(t testing.TB, faults func(http.Handler) http.Handler) *httptest.Server {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(fakeBucket); err != nil {
		t.Fatal(err)
	}
	handler := gofakes3.New(backend).Server()
	if faults != nil {
		handler = faults(handler)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of the faults that tests make
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func text(s string) func() (string, error) { return func() (string, error) { return s, nil } }
