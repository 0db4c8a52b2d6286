package minutetest

import (
	"fmt"
	"time"
)

// A Minute is an instant: minutes since 2026 began in UTC.
type Minute int

var epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// Time is the instant as others write it.
func (m Minute) Time() time.Time { return epoch.Add(time.Duration(m) * time.Minute) }

// String writes an instant such as "2026-03-29 01:00Z".
func (m Minute) String() string { return m.Time().Format("2006-01-02 15:04Z") }

// MinuteOf is an instant as a Minute. It panics if it is not a whole one.
func MinuteOf(t time.Time) Minute {
	d := t.Sub(epoch)
	if d%time.Minute != 0 {
		panic(fmt.Sprintf("%s is not a whole minute", t))
	}
	return Minute(d / time.Minute)
}
