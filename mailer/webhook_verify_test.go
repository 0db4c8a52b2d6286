package mailer

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What follows is the example for receivers in docs/webhooks.md, word by word:
// TestWebhookDocs compares, and tells it things.

// verify reads what deskpost tells, and refuses what comes from anybody else. The
// key is the part of the secret behind "whsec_", decoded from base64.
func verify(r *http.Request, key []byte, now time.Time) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	id, at := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return nil, errors.New("too old: somebody may have kept it to send it again")
	}
	mac := hmac.New(sha256.New, key)
	io.WriteString(mac, id+"."+at+"."+string(body))
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, got := range strings.Fields(r.Header.Get("Webhook-Signature")) {
		if hmac.Equal([]byte(got), []byte(want)) {
			return body, nil // and drop it if id was met before
		}
	}
	return nil, errors.New("not signed with our secret")
}
