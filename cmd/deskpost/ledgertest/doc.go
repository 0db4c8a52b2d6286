// Package ledgertest holds tests that run the real program between mail servers
// that outlive it, disturb it, and at the end account for every mail that went
// in and every mail that came out. It has no code but tests.
package ledgertest
