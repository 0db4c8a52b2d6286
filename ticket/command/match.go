package command

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Ambiguous is the error for a name that several candidates answer to, by the
// same or by a longer spelling.
type Ambiguous struct {
	Name       string
	Candidates []string // sorted, at least two
}

func (e *Ambiguous) Error() string {
	const most = 8
	shown, more := e.Candidates, ""
	if len(shown) > most {
		more = fmt.Sprintf(" and %d more", len(shown)-most)
		shown = shown[:most]
	}
	return fmt.Sprintf("%s is ambiguous: %s%s; write more of the name", show(e.Name), strings.Join(shown, ", "), more)
}

// Unknown is the error for a name that no candidate answers to. Suggestion is
// the most similar candidate, or empty.
type Unknown struct {
	Name       string
	Suggestion string
}

func (e *Unknown) Error() string {
	switch {
	case blank(e.Name):
		return "the name is missing: write it after the command"
	case e.Suggestion == "":
		return fmt.Sprintf("%s is unknown: check the spelling", show(e.Name))
	}
	return fmt.Sprintf("%s is unknown; did you mean %s?", show(e.Name), e.Suggestion)
}

// Match finds the candidate that name means. Case, spaces, dots, dashes and
// underscores do not count, so "jane doe" means "Jane.Doe". Of several
// candidates the one spelled exactly so wins, then the one of equal letters,
// then the only one that begins with name. Errors are *Ambiguous and *Unknown.
func Match(name string, candidates []string) (string, error) {
	if slices.Contains(candidates, name) && !blank(name) {
		return name, nil
	}
	want := fold(name)
	if want == "" {
		return "", &Unknown{Name: name}
	}
	var equal, longer []string
	for _, c := range candidates {
		switch have := fold(c); {
		case have == want:
			equal = append(equal, c)
		case strings.HasPrefix(have, want):
			longer = append(longer, c)
		}
	}
	found := equal
	if len(found) == 0 {
		found = longer
	}
	slices.Sort(found)
	switch found = slices.Compact(found); len(found) {
	case 0:
		return "", &Unknown{Name: name, Suggestion: Suggest(name, candidates)}
	case 1:
		return found[0], nil
	}
	return "", &Ambiguous{Name: name, Candidates: found}
}

// Equal reports whether two names are the same but for what does not count; see
// Match.
func Equal(a, b string) bool { return fold(a) == fold(b) }

// fold reduces a name to what counts in a comparison.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		r = narrow(r)
		switch {
		case unseen(r), strings.ContainsRune("._-–—", r):
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// Suggest returns the one of words that was most likely meant by word, or "".
// It allows for about one slip in four letters, where two exchanged neighbours
// are one slip, and else takes the only one that word is a part of. Among equals
// the same first letter decides, then the order of words.
func Suggest(word string, words []string) string {
	want := []rune(fold(word))
	if len(want) == 0 || len(want) > maxSuggest {
		return ""
	}
	best, bestScore := "", 2*slips(len(want))+2
	for _, w := range words {
		have := []rune(fold(w))
		if len(have) == 0 || len(have) > maxSuggest || abs(len(have)-len(want)) > slips(len(want)) {
			continue
		}
		score := 2 * distance(want, have)
		if have[0] != want[0] {
			score++
		}
		if score < bestScore {
			best, bestScore = w, score
		}
	}
	if best == "" {
		best = onlyWith(string(want), words)
	}
	return best
}

// maxSuggest bounds the quadratic comparison; no name or verb is longer.
const maxSuggest = 64

// slips is the number of slips forgiven in a word of n letters.
func slips(n int) int {
	switch {
	case n < 2:
		return 0
	case n < 5:
		return 1
	case n < 9:
		return 2
	}
	return 3
}

// onlyWith returns the only one of words that contains part, so that "doe"
// suggests "Jane Doe".
func onlyWith(part string, words []string) string {
	if utf8.RuneCountInString(part) < 3 {
		return ""
	}
	found := ""
	for _, w := range words {
		if w == found || !strings.Contains(fold(w), part) {
			continue
		}
		if found != "" {
			return ""
		}
		found = w
	}
	return found
}

// distance counts the letters to insert, delete, replace or exchange with their
// neighbour to make b of a (optimal string alignment).
func distance(a, b []rune) int {
	before := make([]int, len(b)+1)
	above := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row = above, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

func abs(n int) int { return max(n, -n) }
