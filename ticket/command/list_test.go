package command_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"deskpost/ticket/command"
)

func TestFields(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args string
		want []string
	}{
		{"", nil},
		{" , ;", nil},
		{"vpn", []string{"vpn"}},
		{"vpn printer", []string{"vpn", "printer"}},
		{"vpn, printer,mail", []string{"vpn", "printer", "mail"}},
		{"a@x.example; b@y.example", []string{"a@x.example", "b@y.example"}},
		{"a,,b", []string{"a", "b"}},
		{`"online banking", vpn`, []string{"online banking", "vpn"}},
		{`“online banking” vpn`, []string{"online banking", "vpn"}},
		{"«\u00a0online banking\u00a0» vpn", []string{"online banking", "vpn"}},
		{`'online banking' vpn`, []string{"online banking", "vpn"}},
		{`'a, b'`, []string{"a, b"}},
		{"O'Brien, d'Arc", []string{"O'Brien", "d'Arc"}},
		{"'tis vpn", []string{"'tis", "vpn"}},
		{`team:"online banking"`, []string{"team:online banking"}},
		{`name="a, b" x`, []string{"name=a, b", "x"}},
		{`"a""b"`, []string{"ab"}},
		{"东京、大阪，京都", []string{"东京", "大阪", "京都"}},
		{"a\tb\u3000c", []string{"a", "b", "c"}},
	} {
		got, err := command.Fields(tt.args)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("Fields(%q) = %q, %v; want %q", tt.args, got, err, tt.want)
		}
	}
}

func TestFieldsFaults(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		`"online banking`:             `the quote before "online banking" has no end: add a "`,
		`a "`:                         "has no end",
		`15" screen`:                  "has no end",
		`""`:                          "nothing between the quotes",
		`a, " "`:                      "nothing between the quotes",
		`''`:                          "nothing between the quotes",
		strings.Repeat("a ", 501):     "split it over several lines",
		`"` + strings.Repeat("b", 60): "bbbb…\" has no end",
	} {
		got, err := command.Fields(args)
		wantMalformed(t, args, err, want)
		if got != nil {
			t.Errorf("Fields(%.20q) = %q together with an error", args, got)
		}
	}
}

func TestDeltas(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"vpn":                       "+vpn",
		"+vpn -printer =other":      "+vpn|-printer|=other",
		"+vpn,-printer":             "+vpn|-printer",
		"vpn printer":               "+vpn|+printer",
		"–vpn":                      "-vpn",
		"—vpn":                      "-vpn",
		"--vpn":                     "-vpn",
		"\u2212vpn \u2011mail":      "-vpn|-mail",
		`+"online banking" -'a b'`:  `+online banking|-a b`,
		`"-vpn"`:                    "+-vpn",
		`'-vpn'`:                    "+-vpn",
		`-"-vpn"`:                   "--vpn",
		`-"--"`:                     "---",
		"+c++":                      "+c++",
		"c++ a-b":                   "+c++|+a-b",
		"+a@x.example -b@y.example": "+a@x.example|-b@y.example",
		"+vpn vpn":                  "+vpn|+vpn",
		"=a =b":                     "=a|=b",
	} {
		got, err := command.Deltas(args)
		var out []string
		for _, d := range got {
			out = append(out, string(d.Op)+d.Item)
		}
		if s := strings.Join(out, "|"); err != nil || s != want {
			t.Errorf("Deltas(%q) = %q, %v; want %q", args, s, err, want)
		}
	}
}

func TestDeltasFaults(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":            "the list is missing: write for example +one -two",
		" , ":         "the list is missing",
		"+":           `the '+' stands alone: write it directly before the item`,
		"a - b":       "the '-' stands alone",
		"--":          "the '-' stands alone",
		"=":           "the '=' stands alone",
		"+-vpn":       "has two signs",
		"---vpn":      "has two signs",
		"==vpn":       "has two signs",
		"+vpn -VPN":   `"VPN" is both added and removed`,
		"-vpn =vpn":   "is both added and removed",
		`+"vpn`:       "has no end",
		`+"a" -"" +b`: "stands alone",
	} {
		got, err := command.Deltas(args)
		wantMalformed(t, args, err, want)
		if got != nil {
			t.Errorf("Deltas(%q) = %v together with an error", args, got)
		}
	}
}

// wantMalformed checks an error's type and a part of its text.
func wantMalformed(t *testing.T, args string, err error, want string) {
	t.Helper()
	if m, ok := errors.AsType[*command.Malformed](err); !ok || !strings.Contains(m.Error(), want) {
		t.Errorf("%.30q: error %v, want a *Malformed with %q", args, err, want)
	}
}
