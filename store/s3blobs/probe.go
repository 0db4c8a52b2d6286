package s3blobs

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
)

// Probe proves that objects under the prefix can be written, listed, read and
// removed, with one of its own that it leaves nothing of.
func (b *Bucket) Probe(ctx context.Context) (err error) {
	want := []byte("deskpost check " + rand.Text())
	key := path.Join(b.config.Prefix, "check-"+strings.ToLower(rand.Text()))
	if err := b.Put(ctx, key, bytes.NewReader(want), int64(len(want)), sha256.Sum256(want)); err != nil {
		return err
	}
	removed := false
	defer func() {
		if !removed {
			err = errors.Join(err, b.Remove(context.WithoutCancel(ctx), key))
		}
	}()
	if err := b.probeRead(ctx, key, want); err != nil {
		return err
	}
	listed := false
	if err := b.list(ctx, key, func(k string, _ time.Time) error {
		listed = listed || k == key
		return nil
	}); err != nil {
		return err
	}
	if !listed {
		return fmt.Errorf("bucket %s: %s was written and is not listed: let the user of blobs_key list the prefix", b, key)
	}
	if err := b.Remove(ctx, key); err != nil {
		return err
	}
	removed = true
	return nil
}

// probeRead reads the object back, the second half first: mail is read in
// ranges.
func (b *Bucket) probeRead(ctx context.Context, key string, want []byte) error {
	for _, from := range []int64{int64(len(want) / 2), 0} {
		body, size, err := b.Get(ctx, key, from)
		if err != nil {
			return err
		}
		got, err := io.ReadAll(body)
		if err := errors.Join(err, body.Close()); err != nil {
			return err
		}
		if size != int64(len(want)) || !bytes.Equal(got, want[from:]) {
			return fmt.Errorf("bucket %s: %s was read from byte %d on and has other bytes than were written: the server must serve ranges", b, key, from)
		}
	}
	return nil
}
