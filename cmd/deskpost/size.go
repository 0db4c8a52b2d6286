package main

import (
	"fmt"
	"strconv"
	"strings"
)

// parseSize reads a number of bytes such as "50MiB", "512KiB" or "1GiB".
func parseSize(text string) (int64, error) {
	bad := fmt.Errorf("%q is not a size; write one such as 50MiB, 512KiB or 1GiB", text)
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	n, err := strconv.ParseInt(text[:digits], 10, 32)
	if err != nil {
		return 0, bad
	}
	unit, ok := map[string]int64{"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[text[digits:]]
	if !ok {
		return 0, bad
	}
	return n * unit, nil
}

// formatSize writes a number of bytes as parseSize reads it.
func formatSize(n int64) string {
	for _, unit := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= unit.size && n%unit.size == 0 {
			return strconv.FormatInt(n/unit.size, 10) + unit.name
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}
