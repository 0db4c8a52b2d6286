package command_test

import (
	"strings"
	"testing"
	"time"

	"deskpost/ticket/command"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for args, want := range map[string]time.Duration{
		"1m":          time.Minute,
		"30m":         30 * time.Minute,
		"2h":          2 * time.Hour,
		"3d":          3 * day,
		"1w":          7 * day,
		"400d":        400 * day,
		"576000m":     400 * day,
		"3D":          3 * day,
		"3d.":         3 * day,
		" 3 d ":       3 * day,
		"3\u00a0days": 3 * day,
		"1 day":       day,
		"2 hours":     2 * time.Hour,
		"45 min":      45 * time.Minute,
		"1h30":        90 * time.Minute,
		"1h30m":       90 * time.Minute,
		"1h 30":       90 * time.Minute,
		"1d 12h":      36 * time.Hour,
		"1w2d3h4m":    9*day + 3*time.Hour + 4*time.Minute,
		"0d 2h":       2 * time.Hour,
		"90m":         90 * time.Minute,
	} {
		if got, err := command.Duration(args); err != nil || got != want {
			t.Errorf("Duration(%q) = %v, %v; want %v", args, got, err, want)
		}
	}
}

func TestDurationFaults(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":                               "the time is missing: write for example 30m, 2h, 3d, 1w or 1h30",
		".":                              "the time is missing",
		"3":                              `"3" of what? write 3m, 3h, 3d or 3w`,
		"d":                              `"d" is not a time`,
		"tomorrow":                       `"tomorrow" is not a time`,
		"-3d":                            "is not a time",
		"–3d":                            "is not a time",
		"3mo":                            "the units are m, h, d and w",
		"3y":                             "the units are m, h, d and w",
		"3s":                             "the units are m, h, d and w",
		"1.5h":                           "the units are m, h, d and w",
		"3d!":                            "is not a time",
		"٣d":                             "is not a time",
		"0m":                             "is no time at all",
		"0":                              "of what?",
		"401d":                           "is more than 400 days",
		"58w":                            "is more than 400 days",
		"57w 2d":                         "is more than 400 days",
		"576001m":                        "is more than 400 days",
		"999999w":                        "is more than 400 days",
		"9999999w":                       "is more than 400 days",
		"2h 1d":                          "write the larger unit first",
		"1h 1h":                          "write the larger unit first",
		"1h60":                           `"60" of what?`,
		"1d30":                           `"30" of what?`,
		"3d" + strings.Repeat(" ", 2000): "longer than a line",
	} {
		got, err := command.Duration(args)
		wantMalformed(t, args, err, want)
		if got != 0 {
			t.Errorf("Duration(%q) = %v together with an error", args, got)
		}
	}
}
