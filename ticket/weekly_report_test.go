package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// weekly is Monday at eight, in UTC.
type weekly struct{}

// Next implements ticket.Schedule.
func (weekly) Next(t time.Time) time.Time {
	for at := (daily{8}).Next(t); ; at = (daily{8}).Next(at) {
		if at.Weekday() == time.Monday {
			return at
		}
	}
}

// TestWeeklyReport is what the lead of both departments reads after a week.
func TestWeeklyReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(p *ticket.Policy) { p.WeeklyReport = weekly{} })
	w.report()
	w.opens("One", jane, "#take\n#resolve\n#reply\n\nDone.")
	w.now = w.now.Add(3 * time.Hour)
	w.take(from(karen, "Two", "text"))
	two := to(t, w.sent(), ticket.NoticeNew, john)
	w.now = w.now.Add(100 * time.Minute)
	w.take(answer(two, john, "#take\n#reply\n\nWe look into it."))
	w.want(ticket.Commanded)
	w.opens("Three", john, "#dept online-banking")
	w.now = monday.AddDate(0, 0, 6)
	w.opens("Four", "", "")
	w.now = monday.AddDate(0, 0, 7).Add(-time.Hour)
	reports := w.report()
	if got, want := mailed(reports), []string{"weekly-report:" + lead}; !slices.Equal(got, want) {
		t.Fatalf("reports for %v, want %v", got, want)
	}
	want := `Online Banking

  opened                   1
  resolved or closed       0
  unfinished now           1      3 to 7 days: 1

                           has open  replies resolved
  nobody                          1        0        0

Support

  opened                   3
  resolved or closed       1
  unfinished now           2      under a day: 1, 3 to 7 days: 1
  median first answer      100 min
  median solution          less than a minute

                           has open  replies resolved
  Jane Doe                        0        1        1
  John Smith                      1        1        0
  nobody                          1        0        0`
	if got := strings.Join(reports[0].Facts.Report, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := reports[0].Facts.Verdict, "Mon 5 Jan 2026, 09:00 to Mon 12 Jan 2026, 08:00 UTC"; got != want {
		t.Errorf("it is about %q, want %q", got, want)
	}
	if got := w.report(); len(got) != 0 {
		t.Errorf("again: %v", mailed(got))
	}
}
