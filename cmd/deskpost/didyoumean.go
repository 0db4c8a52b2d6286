package main

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean is "; did you mean "support"?" where a known word is close to
// the given one, and "" otherwise.
func didYouMean(word string, known []string) string {
	if near := nearest(word, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// nearest is the known word with the fewest slips from the given one: two at
// most, and one in short words.
func nearest(word string, known []string) string {
	best, least := "", min(2, len(word)/3)+1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if max(len(word), len(k))-min(len(word), len(k)) >= least {
			continue // also keeps long words from costing anything
		}
		if d := slips(strings.ToLower(word), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// slips counts wrong, missing, needless and swapped bytes (optimal string
// alignment distance).
func slips(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			wrong := 1
			if a[i] == b[j] {
				wrong = 0
			}
			row[j+1] = min(last[j]+wrong, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
