package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

func TestBenchTick(t *testing.T) {
	t.Parallel()
	b := &tickBench{count: 1500, due: 3, json: true, errors: t.Output()}
	var out bytes.Buffer
	if err := b.command(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	var r tickReport
	if err := dec.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if len(r.Stages) != 2 || r.Stages[0].Tickets != 1000+3*tickRounds || r.Stages[1].Tickets != 1500+3*tickRounds || r.Due != 3 {
		t.Errorf("%+v", r)
	}
	for _, s := range r.Stages {
		if s.Idle.P50 <= 0 || s.Idle.P50 > s.Idle.Max || s.Busy.P50 <= 0 || s.Busy.P50 > s.Busy.Max || s.FillSeconds <= 0 || s.DatabaseBytes <= 0 {
			t.Errorf("nothing was measured: %+v", s)
		}
	}
	var text bytes.Buffer
	if r.print(&text); !strings.Contains(text.String(), "a look, 3 due") || strings.Count(text.String(), "\n") != 3 {
		t.Errorf("the report:\n%s", text.String())
	}
}

func TestBenchTickRefusals(t *testing.T) {
	t.Parallel()
	full := "sqlite:" + filepath.Join(t.TempDir(), "desk.db")
	if err := (&tickBench{count: 1000, due: 1, database: full, errors: t.Output()}).command(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want  string
		usage bool
		bench tickBench
	}{
		{"-n 999", true, tickBench{count: 999, due: 1}},
		{"--due 0", true, tickBench{count: 1000}},
		{"--due 1001", true, tickBench{count: 5000, due: 1001}},
		{"--database", true, tickBench{count: 1000, due: 1, database: "nonsense"}},
		{"there is a desk in it already", false, tickBench{count: 1000, due: 1, database: full}},
	} {
		c.bench.errors = t.Output()
		err := c.bench.command(t.Context(), io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want it to contain %q", err, c.want)
		}
		if _, got := errors.AsType[*usageError](err); got != c.usage {
			t.Errorf("a fault of the command line: %t, want %t: %v", got, c.usage, err)
		}
	}
}
