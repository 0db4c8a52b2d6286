package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"deskpost/inbound/memimap"
	"deskpost/mailer/memsmtp"
)

// answerPatience is how long a timed mail may wait for its acknowledgement.
const answerPatience = 30 * time.Second

// A benchHost and its child talk in lines of JSON: the child says where its
// servers are, then answers each request. The child times the mails itself,
// since it sees both the push and the acknowledgement.
type (
	hostReady struct {
		IMAP  string `json:"imap"` // host:port
		SMTP  string `json:"smtp"`
		Error string `json:"error,omitempty"`
	}
	hostRequest struct {
		Deliver *int `json:"deliver,omitempty"` // number of a timed mail; without, mails sent are counted
	}
	hostAnswer struct {
		Took  time.Duration `json:"took"` // from the push to the acknowledgement
		Sent  int           `json:"sent"` // mails that came by SMTP so far
		Error string        `json:"error,omitempty"`
	}
)

func benchHostCommand() *cobra.Command {
	var mails int
	var seed uint64
	cmd := &cobra.Command{
		Use:    "host",
		Short:  "Be the mail servers of a bench, until standard input ends",
		Hidden: true,
		Args:   arguments(cobra.NoArgs),
		// Ctrl-C reaches parent and child alike; what to do is the parent's
		// decision, so the context is not heeded here.
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serveBench(cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr(), mails, seed)
		},
	}
	cmd.Flags().IntVar(&mails, "mails", 0, "how many mails lie in the mailbox")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "of the mails")
	return cmd
}

// serveBench fills a mailbox, and answers requests until there are no more: a
// parent that dies closes the pipe, however it dies.
func serveBench(in io.Reader, out, warnings io.Writer, mails int, seed uint64) (err error) {
	say := json.NewEncoder(out)
	h, err := listenBench(mails, seed, warnings)
	if err != nil {
		return errors.Join(err, say.Encode(hostReady{Error: err.Error()}))
	}
	defer func() { err = errors.Join(err, h.close()) }()
	if err := say.Encode(hostReady{IMAP: h.imap.Addr(), SMTP: h.smtp.Addr()}); err != nil {
		return err
	}
	for requests := json.NewDecoder(in); ; {
		var q hostRequest
		if err := requests.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read a request of the bench: %w", err)
		}
		if err := say.Encode(h.answer(q)); err != nil {
			return err
		}
	}
}

// mailHost is the child: an IMAP server with mail, and an SMTP server that
// takes everything.
type mailHost struct {
	imap *memimap.Server
	smtp *memsmtp.Server
	mail benchMail
	sent atomic.Int64

	mu     sync.Mutex
	expect string         // whose acknowledgement is waited for; "" for nobody's
	came   chan time.Time // when it came
}

func listenBench(mails int, seed uint64, warnings io.Writer) (*mailHost, error) {
	log := slog.New(slog.NewTextHandler(warnings, &slog.HandlerOptions{Level: slog.LevelWarn}))
	imap, err := memimap.Listen("127.0.0.1:0", memimap.Options{Log: log})
	if err != nil {
		return nil, fmt.Errorf("start the IMAP server of the bench: %w", err)
	}
	h := &mailHost{imap: imap, mail: benchMail{seed}, came: make(chan time.Time, 1)}
	if err := h.fill(mails); err != nil {
		return nil, errors.Join(err, imap.Close())
	}
	h.smtp, err = memsmtp.Listen(memsmtp.Options{Hostname: benchAuthserv, Log: log}, h.take)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the SMTP server of the bench: %w", err), imap.Close())
	}
	return h, nil
}

func (h *mailHost) close() error { return errors.Join(h.smtp.Close(), h.imap.Close()) }

// fill puts the backlog into the mailbox, as if all of it had just come.
func (h *mailHost) fill(mails int) error {
	if err := h.imap.AddUser(benchDesk, benchPassword); err != nil {
		return err
	}
	now := time.Now()
	for i := range mails {
		if _, err := h.imap.Deliver(benchDesk, "INBOX", h.mail.raw(i), now); err != nil {
			return fmt.Errorf("fill the mailbox of the bench: %w", err)
		}
	}
	return nil
}

// take gets the mail that the desk sends.
func (h *mailHost) take(r memsmtp.Received) error {
	at := time.Now()
	h.sent.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, to := range r.To {
		if h.expect != "" && strings.EqualFold(to, h.expect) {
			h.expect = ""
			h.came <- at // has room for the one that is waited for
		}
	}
	return nil
}

func (h *mailHost) answer(q hostRequest) hostAnswer {
	if q.Deliver == nil {
		return hostAnswer{Sent: int(h.sent.Load())}
	}
	took, err := h.timed(*q.Deliver)
	if err != nil {
		return hostAnswer{Error: err.Error()}
	}
	return hostAnswer{Took: took}
}

// timed delivers a mail and waits for its acknowledgement.
func (h *mailHost) timed(n int) (time.Duration, error) {
	from, raw := h.mail.timed(n)
	h.await(from)
	if _, err := h.imap.Deliver(benchDesk, "INBOX", raw, time.Now()); err != nil {
		return 0, fmt.Errorf("deliver a timed mail: %w", err)
	}
	delivered := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), answerPatience)
	defer cancel()
	select {
	case at := <-h.came:
		return max(at.Sub(delivered), 0), nil // it may be faster than Deliver returns
	case <-ctx.Done():
		h.await("")
		return 0, fmt.Errorf("no acknowledgement came to %s within %s", cmp.Or(from, "nobody"), answerPatience)
	}
}

func (h *mailHost) await(address string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.expect = address
	select {
	case <-h.came: // of a mail that was given up
	default:
	}
}
