// Package s3blobs keeps raw mail as objects in a bucket of an S3-compatible
// server. It is the one place that sees the S3 library: the store knows a bucket
// as an interface of few methods, and what is in it by the rows of its own.
package s3blobs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"deskpost/ticket"
)

// A Config names a bucket and how to get at it.
type Config struct {
	Endpoint string // host:port, or a host
	Plain    bool   // without TLS
	Region   string // that requests are signed for
	Bucket   string
	Prefix   string // of every key, without a slash at its ends; "" for none
	CAs      *x509.CertPool
	// Key and Secret are looked up at each request, so that changed ones are found.
	Key, Secret func() (string, error)
	// Patience is how long the server may be silent; a minute if zero.
	Patience time.Duration
}

const (
	// tries is how often a request is made that the server, or the way to it, fails.
	tries = 3
	// slowest is the pace in bytes a second below which an upload is given up.
	slowest = 128 << 10
	connect = 10 * time.Second
)

// A Bucket is a part of a bucket: the objects whose keys begin with a prefix. It
// may be used by several goroutines. Its errors name the bucket, say what is
// wrong and how to mend it; those that time, or a hand on the server, can mend
// answer true to Outage.
type Bucket struct {
	config Config
	core   minio.Core
}

// New prepares a bucket. It does not connect.
func New(c Config) (*Bucket, error) {
	if c.Patience == 0 {
		c.Patience = time.Minute
	}
	client, err := minio.New(c.Endpoint, &minio.Options{
		Creds: credentials.New(&keys{c}), Secure: !c.Plain, Region: c.Region, Transport: transport(c), MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", c.Bucket, err)
	}
	return &Bucket{config: c, core: minio.Core{Client: client}}, nil
}

func transport(c Config) http.RoundTripper {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connect}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: c.CAs},
		TLSHandshakeTimeout:   connect,
		ResponseHeaderTimeout: c.Patience,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   16,
		DisableCompression:    true, // mail is read as it was written
		ForceAttemptHTTP2:     false,
	}
}

// keys looks the credentials up anew for each request.
type keys struct{ config Config }

// Retrieve looks the credentials up.
func (k *keys) Retrieve() (credentials.Value, error) {
	key, err := k.config.Key()
	if err != nil {
		return credentials.Value{}, &keyError{"blobs_key", err}
	}
	secret, err := k.config.Secret()
	if err != nil {
		return credentials.Value{}, &keyError{"blobs_secret", err}
	}
	return credentials.Value{AccessKeyID: key, SecretAccessKey: secret, SignerType: credentials.SignatureV4}, nil
}

// RetrieveWithCredContext does the same: nothing is asked for by the network.
func (k *keys) RetrieveWithCredContext(*credentials.CredContext) (credentials.Value, error) {
	return k.Retrieve()
}

// IsExpired makes the library ask each time, as secrets in files may change.
func (k *keys) IsExpired() bool { return true }

// String names the bucket in messages to people.
func (b *Bucket) String() string {
	name := "s3://" + b.config.Bucket
	if b.config.Prefix != "" {
		name += "/" + b.config.Prefix
	}
	return name + " at " + b.config.Endpoint
}

// Prefix is what every key begins with, before a slash; "" for none.
func (b *Bucket) Prefix() string { return b.config.Prefix }

// Put writes an object of so many bytes. The server checks that they have the
// sum, and that they came as they were sent (MD5, which all servers know).
func (b *Bucket) Put(ctx context.Context, key string, body io.ReaderAt, size int64, sum ticket.Sum) error {
	ctx, cancel := context.WithTimeout(ctx, b.config.Patience+time.Duration(size/slowest)*time.Second)
	defer cancel()
	_, err := b.core.Client.PutObject(ctx, b.config.Bucket, key, io.NewSectionReader(body, 0, size), size, minio.PutObjectOptions{
		ContentType:      "message/rfc822",
		DisableMultipart: true, // one request up to 5 GiB, and nothing half done is left behind
		SendContentMd5:   true,
		UserMetadata:     map[string]string{"X-Amz-Checksum-Sha256": base64.StdEncoding.EncodeToString(sum[:])},
	})
	return b.explain("write "+key, err)
}

// Get reads an object from a byte on, and says how many bytes the whole object
// has. The error is fs.ErrNotExist if there is none. The context holds until the
// body is closed.
func (b *Bucket) Get(ctx context.Context, key string, from int64) (body io.ReadCloser, size int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var opts minio.GetObjectOptions
	if from > 0 {
		if err := opts.SetRange(from, 0); err != nil {
			cancel()
			return nil, 0, err
		}
	}
	stream, info, _, err := b.core.GetObject(ctx, b.config.Bucket, key, opts)
	if err != nil {
		cancel()
		return nil, 0, b.explain("read "+key, err)
	}
	return &reader{bucket: b, key: key, stream: stream, cancel: cancel}, from + info.Size, nil
}

// A reader gives a server that falls silent up.
type reader struct {
	bucket *Bucket
	key    string
	stream io.ReadCloser
	cancel context.CancelFunc
}

func (r *reader) Read(p []byte) (int, error) {
	silent := time.AfterFunc(r.bucket.config.Patience, r.cancel)
	n, err := r.stream.Read(p)
	if !silent.Stop() && err != nil {
		err = errSilent
	}
	if errors.Is(err, io.EOF) {
		return n, io.EOF
	}
	return n, r.bucket.explain("read "+r.key, err)
}

func (r *reader) Close() error {
	defer r.cancel()
	return r.stream.Close()
}

// Remove removes an object. That there is none is no error.
func (b *Bucket) Remove(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, b.config.Patience)
	defer cancel()
	err := b.explain("remove "+key, b.core.RemoveObject(ctx, b.config.Bucket, key, minio.RemoveObjectOptions{}))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// List calls found for each object under the prefix, with the instant at which
// the server says it was written. It ends with the first error.
func (b *Bucket) List(ctx context.Context, found func(key string, at time.Time) error) error {
	prefix := b.config.Prefix
	if prefix != "" {
		prefix += "/"
	}
	return b.list(ctx, prefix, found)
}

func (b *Bucket) list(ctx context.Context, prefix string, found func(key string, at time.Time) error) error {
	ctx, cancel := context.WithCancel(ctx) // ends the library's goroutine
	defer cancel()
	for object := range b.core.ListObjectsIter(ctx, b.config.Bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if object.Err != nil {
			return b.explain("list "+prefix, object.Err)
		}
		if err := found(object.Key, object.LastModified); err != nil {
			return err
		}
	}
	return b.explain("list "+prefix, ctx.Err())
}
