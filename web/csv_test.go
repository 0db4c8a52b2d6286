package web_test

import (
	"encoding/csv"
	"strings"
	"testing"
)

// TestExport lists tickets for a spreadsheet, which takes nothing of them for a
// formula.
func TestExport(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	subjects := []string{`=HYPERLINK("https://evil.example","click")`, "+1", "-1", "@SUM(A1)", " \t=1+1", "\uff1d1+1", "Plain, with \"quotes\"", "a=b"}
	for _, s := range subjects {
		p.mail(s, "text of "+s)
	}
	jane := p.signIn("jane")
	s := jane.get("/tickets.csv?q=all")
	jane.want(s, 200)
	if got := s.header.Get("Content-Type") + " " + s.header.Get("Content-Disposition"); !strings.HasPrefix(got, "text/csv attachment") {
		t.Errorf("it is sent as %s", got)
	}
	rows, err := csv.NewReader(strings.NewReader(s.body)).ReadAll()
	if err != nil || len(rows) != len(subjects)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	plain := 0
	for _, row := range rows[1:] {
		for _, cell := range row {
			if first := strings.TrimLeft(cell, " \t"); first != "" && strings.ContainsAny(first[:1], "=+-@") || strings.HasPrefix(first, "\uff1d") {
				t.Errorf("the cell %q is a formula", cell)
			}
		}
		if row[1] == "Plain, with \"quotes\"" || row[1] == "a=b" {
			plain++
		}
	}
	if plain != 2 {
		t.Errorf("subjects that are no formula were changed: %q", rows)
	}
	bob := p.signIn("bob")
	if other := bob.get("/tickets.csv?q=all"); strings.Count(other.body, "\n") != 1 {
		t.Errorf("bob reads what he may not: %s", other.body)
	}
}
