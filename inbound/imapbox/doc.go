// Package imapbox is one connection to one IMAP folder, made safe.
//
// It stands between the poller and the IMAP library, so that the poller sees
// UIDs, readers and plain errors and never the library. What it adds:
//
//   - Nothing waits for ever. Every command has a deadline, a peer that drips
//     bytes counts as silent, and a cancelled context closes the connection.
//   - Nothing half-read counts as a mail. A body is whole only when its literal
//     had every announced byte and the server's answer went on correctly after it.
//   - Nothing is lost by moving. A mail is marked deleted only after the server
//     has confirmed its copy, and only by UID.
//   - Nothing grows without bound. Response lines, literals and number sets that
//     the server announces are limited before they are believed.
//
// A Box is used by one goroutine at a time. After an error whose Kind says that
// the connection is gone (see Kind.Broken) it is of no further use: Close it and
// Dial again.
package imapbox
