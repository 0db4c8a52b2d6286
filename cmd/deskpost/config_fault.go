package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A configFault is one thing that is wrong in the config file, and how to mend
// it.
type configFault struct {
	file  string
	line  int    // from 1; of the key, or of the table where the key is missing
	table string // "agent.jane"; "" at the top
	key   string // "access.support"; "" if the table itself is at fault
	text  string // what is wrong; the fix
}

// String is file:line: [table] key: text.
func (f configFault) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: ", f.file, f.line)
	switch {
	case f.table != "" && f.key != "":
		fmt.Fprintf(&b, "[%s] %s: ", f.table, f.key)
	case f.table != "":
		fmt.Fprintf(&b, "[%s]: ", f.table)
	case f.key != "":
		fmt.Fprintf(&b, "%s: ", f.key)
	}
	b.WriteString(f.text)
	return b.String()
}

// configFaults are all faults of a config file, by line.
type configFaults []configFault

// Error has one fault a line.
func (fs configFaults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// sorted orders the faults by line and drops repetitions.
func (fs configFaults) sorted() configFaults {
	slices.SortStableFunc(fs, func(a, b configFault) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.table, b.table), cmp.Compare(a.key, b.key),
			cmp.Compare(a.text, b.text))
	})
	return slices.Compact(fs)
}
