package mailer

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"deskpost/ticket"
)

const (
	webhookWithin = 15 * time.Second // an attempt, from the look-up of the name to the end of the answer
	answerBytes   = 4 << 10          // of an answer that are read; what is behind them is not waited for
)

// A WebhookSecret signs what a webhook is told, by the Standard Webhooks scheme
// (https://www.standardwebhooks.com).
type WebhookSecret [][]byte

// ParseWebhookSecret reads a secret: "whsec_" and the base64 of 24 to 64 bytes.
// Several, separated by spaces, all sign: so one is replaced without a gap.
func ParseWebhookSecret(text string) (WebhookSecret, error) {
	var keys WebhookSecret
	for word := range strings.FieldsSeq(text) {
		encoded, ok := strings.CutPrefix(word, "whsec_")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil || len(key) < 24 || len(key) > 64 {
			return nil, errors.New(`it is not "whsec_" and the base64 of 24 to 64 bytes; make one with: echo "whsec_$(openssl rand -base64 32)"`)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New(`it is empty; make one with: echo "whsec_$(openssl rand -base64 32)"`)
	}
	return keys, nil
}

// Sign is the value of the field Webhook-Signature: a signature for each secret,
// over the name of the message, the second at which it is sent, and the body.
func (s WebhookSecret) Sign(message string, at time.Time, body string) string {
	var all []string
	for _, key := range s {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%d.%s", message, at.Unix(), body)
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(all, " ")
}

// An Endpoint is where a webhook is told, and how.
type Endpoint struct {
	url    string
	secret func() (string, error)
	client *http.Client
}

// NewEndpoint makes an endpoint of a URL. The secret is looked up for each
// attempt. Without cas the system's certificate authorities count. With private,
// the receiver may be on this machine or in a network of one's own.
func NewEndpoint(url string, secret func() (string, error), cas *x509.CertPool, private bool) *Endpoint {
	guard := guard{private: private, plain: strings.HasPrefix(url, "http:")}
	dialer := &net.Dialer{Timeout: webhookWithin, ControlContext: guard.check}
	return &Endpoint{url: url, secret: secret, client: &http.Client{
		Timeout: webhookWithin,
		Transport: &http.Transport{
			Proxy:                  nil, // whatever the environment says: a proxy would look up the name, and nobody the address
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: cas, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 32 << 10,
			DisableCompression:     true, // what is read is bounded, and stays so
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Post sends a message once, and says how the receiver answered. It follows no
// redirect: the address is the admin's to change.
func (e *Endpoint) Post(ctx context.Context, now time.Time, message, body string) ticket.WebhookAnswer {
	ctx, cancel := context.WithTimeout(ctx, webhookWithin)
	defer cancel()
	request, err := e.request(ctx, now, message, body)
	if err != nil {
		return ticket.WebhookAnswer{Text: oneLine("not sent: " + err.Error())}
	}
	response, err := e.client.Do(request)
	if err != nil {
		return ticket.WebhookAnswer{Text: oneLine(whyNot(err))}
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(response.Body, answerBytes)) // the status is the answer, this is for people
	a := ticket.WebhookAnswer{Code: response.StatusCode, Text: oneLine(cmp.Or(string(said), http.StatusText(response.StatusCode))), RetryAfter: retryAfter(response.Header.Get("Retry-After"), now)}
	if to := response.Header.Get("Location"); a.Code/100 == 3 {
		a.Text = oneLine("it sends us on to " + to + ", which we do not follow: write that address into the config if it is right")
	}
	return a
}

func (e *Endpoint) request(ctx context.Context, now time.Time, message, body string) (*http.Request, error) {
	text, err := e.secret()
	if err != nil {
		return nil, fmt.Errorf("look up the secret: %w", err)
	}
	secret, err := ParseWebhookSecret(text)
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "deskpost")
	request.Header.Set("Webhook-Id", message)
	request.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	request.Header.Set("Webhook-Signature", secret.Sign(message, now, body))
	return request, nil
}

// close lets go of connections that are idle.
func (e *Endpoint) close() { e.client.CloseIdleConnections() }

// whyNot says why there was no answer, without the address, which may hold a
// secret.
func whyNot(err error) string {
	var outer interface {
		error
		Unwrap() error
		Timeout() bool
	}
	if errors.As(err, &outer) && outer.Timeout() {
		return fmt.Sprintf("no answer within %s", webhookWithin)
	}
	if inner := errors.Unwrap(err); inner != nil {
		return inner.Error()
	}
	return err.Error()
}

// retryAfter reads the field Retry-After (RFC 9110, 10.2.3): seconds or a date.
// It is 0 where there is none, or it makes no sense.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
