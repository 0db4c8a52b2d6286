package main

import (
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"0s": 0, "90s": 90 * time.Second, "5m": 5 * time.Minute, "24h": day, "30d": 30 * day,
		"1d12h": 36 * time.Hour, "1d2h3m4s": day + 2*time.Hour + 3*time.Minute + 4*time.Second, "36500d": 36500 * day,
	} {
		if got, err := parseDuration(text); got != want || err != nil {
			t.Errorf("parse %q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5", "d", "5x", "-1h", "+1h", "1.5h", "1h1d", "1h1h", " 1h", "1h ", "5ms", "36501d", "36500d1s",
		"99999999999999999999d", "٣d"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("parse %q: %v, want an error", text, got)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{"30d": 30 * day, "24h": day, "36h": 36 * time.Hour, "5m": 5 * time.Minute,
		"90s": 90 * time.Second, "0s": 0} {
		if got := formatDuration(d); got != want {
			t.Errorf("format %v: %q, want %q", d, got, want)
		}
	}
}

func FuzzDuration(f *testing.F) {
	f.Add("1d12h30m5s")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseDuration(text)
		if err != nil {
			return
		}
		if d < 0 || d > century {
			t.Errorf("%q is %v", text, d)
		}
		if again, err := parseDuration(formatDuration(d)); again != d || err != nil {
			t.Errorf("%q is %v, written %q and read %v, %v", text, d, formatDuration(d), again, err)
		}
	})
}

func TestParseSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"50MiB": 50 << 20, "1KiB": 1024, "1GiB": 1 << 30, "0B": 0, "1000B": 1000} {
		got, err := parseSize(text)
		if got != want || err != nil || formatSize(got) != text {
			t.Errorf("parse %q: %v, %v, written %q; want %v", text, got, err, formatSize(got), want)
		}
	}
	for _, text := range []string{"", "50", "MiB", "50MB", "-1MiB", "1.5MiB", "50 MiB", "99999999999GiB"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("parse %q: %v, want an error", text, got)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	words := []string{"support", "sales", "online-banking", "it"}
	for word, want := range map[string]string{"suport": "support", "Support": "support", "uspport": "support", "sale": "sales",
		"onlinebankin": "online-banking", "it": "it", "ti": "", "x": "", "": "", "supermarket": ""} {
		if got := nearest(word, words); got != want {
			t.Errorf("nearest to %q: %q, want %q", word, got, want)
		}
	}
}
