package s3blobs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
)

// errSilent ends the reading of a body that does not come.
var errSilent = errors.New("the server fell silent in the middle of an object")

// A keyError says that a credential could not be looked up.
type keyError struct {
	setting string
	err     error
}

func (e *keyError) Error() string { return e.setting + ": " + e.err.Error() }
func (e *keyError) Unwrap() error { return e.err }

// An Error says what is wrong with a bucket and how to mend it.
type Error struct {
	Bucket string
	Doing  string // such as "write mail/0a/0a1b"
	Wrong  string
	Mend   string
	Err    error // what the server or the system said
	outage bool
}

func (e *Error) Error() string {
	return fmt.Sprintf("bucket %s: %s: %s (%v): %s", e.Bucket, e.Doing, e.Wrong, e.Err, e.Mend)
}

func (e *Error) Unwrap() error { return e.Err }

// Is makes an object that is not there fs.ErrNotExist.
func (e *Error) Is(target error) bool { return target == fs.ErrNotExist && e.missing() }

func (e *Error) missing() bool { return minio.ToErrorResponse(e.Err).Code == minio.NoSuchKey }

// Outage reports whether the fault is that of the server, the way to it or the
// config, and not of one object: the same may work when it is mended.
func (e *Error) Outage() bool { return e.outage }

// explain adds to what the library says of a request what an operator can do
// about it.
func (b *Bucket) explain(doing string, err error) error {
	var known *Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	var call *url.Error
	if errors.As(err, &call) {
		err = call.Err // what was asked for is in doing already
	}
	e := &Error{Bucket: b.String(), Doing: doing, Err: err, outage: true}
	e.Wrong, e.Mend = b.refused(minio.ToErrorResponse(err))
	switch {
	case e.missing():
		e.Wrong, e.outage = "there is no such object", false
		e.Mend = "restore it from a version or a copy of the bucket; deskpost removes only what nothing refers to"
	case e.Wrong == "":
		e.Wrong, e.Mend = b.unreachable(err)
	}
	return e
}

// refused explains an answer of the server; "" where there was none.
func (b *Bucket) refused(r minio.ErrorResponse) (wrong, mend string) {
	switch r.Code {
	case minio.NoSuchBucket:
		return "there is no such bucket", "make it, or correct its name in blobs"
	case minio.AccessDenied, "AllAccessDisabled":
		return "access denied", "let the user of blobs_key get, put and delete objects under the prefix and list the bucket"
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "UnauthorizedAccess":
		return "the server does not know the key or its secret", "correct blobs_key and blobs_secret"
	case "AuthorizationHeaderMalformed", minio.InvalidRegion, "PermanentRedirect", "TemporaryRedirect":
		return "the bucket is in another region", "write the region and its endpoint into blobs: ?endpoint=...&region=..."
	case "RequestTimeTooSkewed":
		return "the clock of this machine and that of the server differ", "set the clocks"
	case "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch":
		return "the bytes changed on the way", "look for a proxy or a network card that alters them"
	case "QuotaExceeded", "XMinioStorageFull", "InsufficientStorage":
		return "the server has no room", "make room or raise the quota; until then new mail stays on the mail server"
	}
	switch {
	case r.StatusCode >= http.StatusInternalServerError, r.StatusCode == http.StatusTooManyRequests:
		return "the server is overloaded or out of order",
			"look after it if this goes on; until then new mail stays on the mail server"
	case r.Code != "":
		return "the server refused", "look the code up in its manual: " + r.Code
	}
	return "", ""
}

// unreachable explains why there was no answer.
func (b *Bucket) unreachable(err error) (wrong, mend string) {
	var key *keyError
	var verify *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &key):
		return "the credentials cannot be read", "mend " + key.setting
	case errors.As(err, &unknown):
		return "its certificate is from an authority that is not trusted", "name the authority in blobs_ca_file"
	case errors.As(err, &verify):
		return "its certificate is not valid", "correct the endpoint in blobs, or the certificate"
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "it speaks no TLS there", "correct the port, or write endpoint=http://... for a server on this machine"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errSilent):
		return "it is too slow or silent", "look after the server and the network; until then new mail stays on the mail server"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the connection was cut", "look after the server and the network; until then new mail stays on the mail server"
	}
	return "the server cannot be reached", "start it, or correct the endpoint in blobs; until then new mail stays on the mail server"
}
