package main

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"deskpost/ticket"
)

// TestResetFactor: the operator takes away the second factor of an agent who has
// lost the device.
func TestResetFactor(t *testing.T) {
	t.Parallel()
	path := doDesk(t)
	run := func(args ...string) (string, error) {
		root := rootCommand()
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetErr(io.Discard)
		root.SetArgs(append([]string{"agent", "reset-2fa", "--config", path}, args...))
		err := root.ExecuteContext(t.Context())
		return out.String(), err
	}
	set, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := beside(t.Context(), set, func(desk *ticket.Desk) error {
		return desk.BeginSecondFactor(t.Context(), "jane", make([]byte, ticket.TOTPSecretBytes))
	}); err != nil {
		t.Fatal(err)
	}
	if said, err := run("jane"); err != nil || said != "jane had no second factor; signed out everywhere\n" { // it was not confirmed
		t.Errorf("%q, %v", said, err)
	}
	if err := beside(t.Context(), set, func(desk *ticket.Desk) error {
		state, err := desk.SecondFactor(t.Context(), "jane")
		if state.Pending != nil {
			t.Error("what was begun is still there")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"nobody"}, {}, {"jane", "john"}} {
		if _, err := run(args...); !isUsage(err) {
			t.Errorf("%q: %v, want a mistake of the caller", args, err)
		}
	}
}

func isUsage(err error) bool {
	_, ok := errors.AsType[*usageError](err)
	return ok
}
