package main

import (
	"bytes"
	"strings"
	"testing"

	"deskpost/store/s3test"
)

// TestServeWithBucket runs a desk whose raw mail is in a bucket, and then one that
// was told to forget the bucket.
func TestServeWithBucket(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	s.end()
	plain := s.config()
	bucket := s3test.FakeSettings(t)
	s.write(bucket + plain)
	out := &bytes.Buffer{}
	if err := check(t.Context(), s.path, true, out); err != nil {
		t.Errorf("check: %v", err)
	}
	for _, want := range []string{"blobs s3://desk/mail?", "objects       can be written, read, listed and removed", "goes to the bucket"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("check lacks %q:\n%s", want, out)
		}
	}
	s.start()
	if err := s.host.person("karen@customer.example").write("support@bank.example", "Hello", "into the bucket"); err != nil {
		t.Fatal(err)
	}
	s.logs("mail taken")
	s.end()

	s.write(plain)
	s.begin()
	err := <-s.done
	if err == nil || !strings.Contains(err.Error(), "of this desk is in a bucket") || exitCode(err) != exitUsage {
		t.Errorf("without its bucket the desk ended with %v", err)
	}

	s.write(strings.Replace(bucket, `"secret"`, `"file:nowhere"`, 1) + plain)
	if err := check(t.Context(), s.path, true, out); err == nil || !strings.Contains(err.Error(), "blobs_secret: there is no file") {
		t.Errorf("without a secret: %v", err)
	}
	s.write(strings.Replace(bucket, "desk/mail", "other/mail", 1) + plain)
	out.Reset()
	if err := check(t.Context(), s.path, true, out); err == nil || !strings.Contains(out.String(), "FAULT         bucket s3://other/mail") ||
		!strings.Contains(out.String(), "no such bucket") {
		t.Errorf("without the bucket: %v\n%s", err, out)
	}
}
