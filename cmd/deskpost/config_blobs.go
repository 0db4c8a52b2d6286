package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// blobsSettings say in which bucket raw mail is kept.
type blobsSettings struct {
	URL         string // as written
	Endpoint    string // host, or host:port
	Plain       bool   // without TLS
	Region      string
	Bucket      string
	Prefix      string // without slashes at its ends; "" for none
	ToDatabase  bool   // new mail goes to the database, and the bucket is only read
	Key, Secret func() (string, error)
	CAs         *x509.CertPool // the system's and the bucket's own; nil is the system's
}

const blobsExample = "s3://deskpost/mail?endpoint=https://s3.bank.example&region=eu-central-1"

// blobs checks where raw mail is kept: nil is the database.
func (c *checker) blobs(raw *rawConfig) *blobsSettings {
	path := at("blobs")
	if !c.required(path, raw.Blobs, `blobs = "database"`) {
		return nil
	}
	if raw.Blobs == "database" {
		for key, set := range map[string]bool{"blobs_key": raw.BlobsKey.isSet(), "blobs_secret": raw.BlobsSecret.isSet(),
			"blobs_ca_file": raw.BlobsCAFile != "", "blobs_allow_insecure": raw.BlobsAllowInsecure} {
			if set && !c.known(at(key)) {
				c.fault(at(key), `only a bucket needs this; take it out, or write blobs = "s3://..."`)
			}
		}
		return nil
	}
	s, err := parseBlobs(raw.Blobs, raw.BlobsAllowInsecure)
	if err != nil {
		c.fault(path, "%v", err)
	}
	s.CAs = c.authorities(at("blobs_ca_file"), raw.BlobsCAFile)
	s.Key = c.bucketSecret("blobs_key", raw.BlobsKey)
	s.Secret = c.bucketSecret("blobs_secret", raw.BlobsSecret)
	return s
}

func (c *checker) bucketSecret(key string, s secret) func() (string, error) {
	path := at(key)
	switch {
	case c.known(path):
		return nil
	case !s.isSet():
		c.fault(path, `is missing, and blobs names a bucket; write %s = "file:PATH"`, key)
		return nil
	}
	return c.reveal(path, s)
}

// parseBlobs reads a URL such as blobsExample. Its errors name the fix and do not
// repeat the URL, in which people also write keys.
func parseBlobs(text string, allowInsecure bool) (*blobsSettings, error) {
	s := &blobsSettings{URL: text}
	u, err := url.Parse(text)
	switch {
	case !strings.HasPrefix(text, "s3://"):
		return s, fmt.Errorf(`want "database", or the URL of a bucket such as %q`, blobsExample)
	case err != nil:
		return s, fmt.Errorf("this URL cannot be read; write one such as %s", blobsExample)
	case u.User != nil:
		return s, errors.New(`the URL holds a key; move it to blobs_key = "file:PATH" and blobs_secret = "file:PATH"`)
	case strings.Contains(text, "#"):
		return s, errors.New("the URL has a #, which no bucket has in its name; take it out")
	}
	s.Bucket = u.Host
	if n := len(s.Bucket); n < 3 || n > 63 || strings.Trim(s.Bucket, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
		return s, fmt.Errorf("%q is not the name of a bucket; write 3 to 63 small letters, digits, hyphens and dots after s3://", s.Bucket)
	}
	s.Prefix = strings.Trim(u.Path, "/")
	for part := range strings.SplitSeq(s.Prefix, "/") {
		if s.Prefix != "" && (part == "" || part == "." || part == ".." || len(s.Prefix) > 200 || strings.ContainsFunc(part, notInPrefix)) {
			return s, errors.New("the prefix behind the bucket must be made of letters, digits, hyphens, dots and _, with single slashes, such as s3://deskpost/mail")
		}
	}
	return s, s.readParameters(u, allowInsecure)
}

func notInPrefix(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._", r)
}

func (s *blobsSettings) readParameters(u *url.URL, allowInsecure bool) error {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fmt.Errorf("what follows the ? cannot be read; write it as in %s", blobsExample)
	}
	for _, key := range slices.Sorted(maps.Keys(q)) {
		if known := []string{"endpoint", "new", "region"}; !slices.Contains(known, key) || len(q[key]) > 1 {
			return fmt.Errorf("%q is not a parameter here, or stands twice; write each of %s at most once", key, strings.Join(known, ", "))
		}
	}
	s.Region = "us-east-1" // what servers take who know no regions
	if q.Has("region") {
		s.Region = q.Get("region")
	}
	if s.Region == "" || strings.Trim(s.Region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return fmt.Errorf("%q is not a region; write one such as eu-central-1, or take it out", s.Region)
	}
	switch q.Get("new") {
	case "", "bucket":
	case "database":
		s.ToDatabase = true
	default:
		return fmt.Errorf("new=%q is not possible; write new=database if new mail is to go to the database, or take it out", q.Get("new"))
	}
	return s.readEndpoint(q.Get("endpoint"), allowInsecure)
}

func (s *blobsSettings) readEndpoint(text string, allowInsecure bool) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return fmt.Errorf("the URL does not say on which server the bucket is; add its endpoint, as in %s", blobsExample)
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return errors.New("the endpoint must be such as https://s3.bank.example:9000")
	case u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return errors.New("the endpoint ends after its port; take out what follows, and a user")
	}
	host := endpoint{Host: u.Hostname()}
	s.Plain = u.Scheme == "http"
	if s.Plain && !host.loopback() && !allowInsecure {
		return fmt.Errorf("http is not encrypted and %s is not this machine; write endpoint=https://..., or blobs_allow_insecure = true"+
			" if the network in between is yours", host.Host)
	}
	s.Endpoint = u.Host
	return nil
}
