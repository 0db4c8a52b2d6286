package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"time"
)

// A benchHost is the parent's end of the mail servers: this program once more,
// as a child that dies with its standard input, or with the context.
type benchHost struct {
	ready    hostReady
	child    *exec.Cmd
	stdin    io.Closer
	requests *json.Encoder
	answers  *json.Decoder
}

// startBenchHost starts the servers and waits until their mailbox is full.
func startBenchHost(ctx context.Context, program []string, mails int, seed uint64, warnings io.Writer) (*benchHost, error) {
	args := append(program[1:len(program):len(program)], "bench", "host",
		"--mails", strconv.Itoa(mails), "--seed", strconv.FormatUint(seed, 10))
	child := exec.CommandContext(ctx, program[0], args...)
	child.Stderr = warnings
	stdin, err := child.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the mail servers: %w", err)
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the mail servers: %w", err)
	}
	if err := child.Start(); err != nil {
		return nil, fmt.Errorf("start the mail servers: %w", err)
	}
	h := &benchHost{child: child, stdin: stdin, requests: json.NewEncoder(stdin), answers: json.NewDecoder(stdout)}
	err = h.answers.Decode(&h.ready)
	if err == nil && h.ready.Error != "" {
		err = errors.New(h.ready.Error)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the mail servers did not start: %w", err), h.close())
	}
	return h, nil
}

// deliver has a timed mail delivered, and returns how long its acknowledgement
// took.
func (h *benchHost) deliver(n int) (time.Duration, error) {
	a, err := h.ask(hostRequest{Deliver: &n})
	return a.Took, err
}

// sent is how many mails have come by SMTP.
func (h *benchHost) sent() (int, error) {
	a, err := h.ask(hostRequest{})
	return a.Sent, err
}

func (h *benchHost) ask(q hostRequest) (a hostAnswer, err error) {
	if err := h.requests.Encode(q); err != nil {
		return a, fmt.Errorf("ask the mail servers: %w", err)
	}
	if err := h.answers.Decode(&a); err != nil {
		return a, fmt.Errorf("hear from the mail servers: %w", err)
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// close ends the child and waits for it.
func (h *benchHost) close() error {
	err := h.stdin.Close()
	if waitErr := h.child.Wait(); waitErr != nil {
		err = errors.Join(err, fmt.Errorf("the mail servers ended badly: %w", waitErr))
	}
	return err
}
