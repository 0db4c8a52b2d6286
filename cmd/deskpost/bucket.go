package main

import (
	"context"
	"fmt"
	"io"

	"deskpost/store"
	"deskpost/store/s3blobs"
)

// newBucket prepares the bucket that the settings name.
func newBucket(s *blobsSettings) (*s3blobs.Bucket, error) {
	return s3blobs.New(s3blobs.Config{
		Endpoint: s.Endpoint, Plain: s.Plain, Region: s.Region, Bucket: s.Bucket, Prefix: s.Prefix,
		CAs: s.CAs, Key: s.Key, Secret: s.Secret,
	})
}

// bucketOptions are those by which the store keeps raw mail where the settings
// say.
func bucketOptions(s *blobsSettings) ([]store.Option, error) {
	if s == nil {
		return nil, nil
	}
	bucket, err := newBucket(s)
	if err != nil {
		return nil, err
	}
	if s.ToDatabase {
		return []store.Option{store.WithFormerBucket(bucket)}, nil
	}
	return []store.Option{store.WithBucket(bucket)}, nil
}

// bucketKept refuses to run a desk without the bucket that holds mail of it.
func bucketKept(ctx context.Context, db *store.DB, s *blobsSettings) error {
	if s != nil {
		return nil
	}
	n, err := db.InBucket(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		return &usageError{fmt.Errorf(`mail of this desk is in a bucket (%d objects), and the config names none: write it into blobs as it was, with`+
			` new=database behind it if new mail is to go to the database`, n)}
	}
	return nil
}

// checkBucket writes, reads, lists and removes an object.
func checkBucket(ctx context.Context, s *blobsSettings, out io.Writer) error {
	if s == nil {
		return nil
	}
	fmt.Fprintf(out, "\nblobs %s\n", s.URL)
	bucket, err := newBucket(s)
	if err == nil {
		err = bucket.Probe(ctx)
	}
	if err != nil {
		return printFault(out, err)
	}
	fmt.Fprintf(out, "  objects       can be written, read, listed and removed\n")
	fmt.Fprintf(out, "  new mail      %s\n", choose(s.ToDatabase, "goes to the database", "goes to the bucket"))
	return nil
}
