package ticket

import (
	"strings"
	"time"

	"deskpost/ticket/command"
)

// narrowByDeadline applies a word about the nearest deadline of the clocks that
// run, "overdue" or such as "due<2h". It reports whether the word was one.
func narrowByDeadline(f *Filter, word string, now time.Time) (bool, error) {
	word = strings.ToLower(word)
	if word == "overdue" {
		f.DueBy = now
		return true, nil
	}
	within, ok := strings.CutPrefix(word, "due<")
	if !ok {
		return false, nil
	}
	d, err := command.Duration(within)
	if err != nil {
		return true, refuse(Invalid, "%s; what is due within a time is such as due<2h", err)
	}
	f.DueBy = now.Add(d)
	return true, nil
}
