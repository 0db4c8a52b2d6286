package calendar

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Definition is what the admin says about a calendar.
type Definition struct {
	Key      string // its name in the config
	Zone     *time.Location
	Week     Week
	Holidays []Holiday
	Extras   []Extra
}

// A Calendar knows when it is open.
type Calendar struct {
	def      Definition
	dated    map[Date][]Holiday // Date.Year 0: every year's
	nth      []Holiday
	extras   map[Date][]Interval
	revision string
	years    sync.Map // of int to *year
}

// maxClosed is the longest stretch of days without an opening that New takes.
const maxClosed = 370

// New makes a calendar. It refuses one without a zone, one with intervals that
// are none or overlap, and one that is closed for 370 days in a row: what
// waits for its next opening would wait for ever.
func New(def Definition) (*Calendar, error) {
	if def.Zone == nil {
		return nil, errors.New("a calendar needs a time zone")
	}
	c := &Calendar{def: def, dated: map[Date][]Holiday{}, extras: map[Date][]Interval{}}
	c.def.Week = def.Week.clone()
	c.def.Holidays, c.def.Extras = slices.Clone(def.Holidays), slices.Clone(def.Extras)
	if err := c.addHolidays(); err != nil {
		return nil, err
	}
	if err := c.checkWeek(); err != nil {
		return nil, err
	}
	if err := c.checkOpens(); err != nil {
		return nil, err
	}
	c.revision = c.fingerprint()
	return c, nil
}

func (c *Calendar) addHolidays() error {
	for _, h := range c.def.Holidays {
		if !h.closed().valid() {
			return fmt.Errorf("the holiday %s has hours that are none", h)
		}
		if h.Nth != 0 {
			c.nth = append(c.nth, h)
			continue
		}
		c.dated[h.Date] = append(c.dated[h.Date], h)
	}
	for _, e := range c.def.Extras {
		if !e.Hours.valid() {
			return fmt.Errorf("the opening on %s has hours that are none", e.Date)
		}
		c.extras[e.Date] = append(c.extras[e.Date], e.Hours)
	}
	return nil
}

func (c *Calendar) checkWeek() error {
	for d, day := range c.def.Week {
		end := 0
		for _, i := range day {
			if !i.valid() || i.From < end {
				return fmt.Errorf("%s has opening hours that are none, not sorted or overlap", time.Weekday(d))
			}
			end = i.To
		}
	}
	return nil
}

// The years in which checkOpens looks for openings: each date falls on each day
// of the week in them.
const checkFrom, checkTo = 2000, 2099

func (c *Calendar) checkOpens() error {
	if len(slices.Concat(c.def.Week[:]...)) == 0 && len(c.extras) == 0 {
		return errors.New("it has no opening")
	}
	first, last := Date{checkFrom, time.January, 1}.number(), Date{checkTo, time.December, 31}.number()
	open := first - 1
	for n := first; n <= last; n++ {
		if len(c.open(n)) > 0 {
			open = n
		}
		if n-open < maxClosed {
			continue
		}
		return fmt.Errorf("it has no opening from %s to %s", dateOf(open+1), dateOf(n))
	}
	return nil
}

// Key is the calendar's name in the config.
func (c *Calendar) Key() string { return c.def.Key }

// Zone is the time zone of the calendar's hours.
func (c *Calendar) Zone() *time.Location { return c.def.Zone }

// Revision changes whenever instants that were computed with the calendar may
// no longer hold: with its hours, its holidays, or the rules of its zone.
func (c *Calendar) Revision() string { return c.revision }

func (c *Calendar) fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%v\n%q\n%v\n", c.def.Zone, c.def.Week, c.def.Holidays, c.def.Extras)
	from, to := Date{checkFrom, time.January, 1}.number(), Date{checkTo, time.December, 31}.number()
	fmt.Fprintln(h, zoneSpans(c.def.Zone, int64(from)*secondsOfDay, int64(to)*secondsOfDay))
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// A Day is what a calendar says about one date.
type Day struct {
	Open     []Interval // sorted and disjoint
	Holidays []Holiday  // that fall on it
	Extra    bool       // it has openings of its own
}

// Day is what the calendar says about a date.
func (c *Calendar) Day(d Date) Day {
	return Day{Open: c.open(d.number()), Holidays: c.holidays(d), Extra: len(c.extras[d]) > 0}
}

// open are the opening hours of the day with a number: those of its weekday,
// less holidays, and extra openings.
func (c *Calendar) open(number int) []Interval {
	hours := c.def.Week[weekday(number)]
	if len(c.extras) == 0 && (len(hours) == 0 || len(c.def.Holidays) == 0) {
		return hours
	}
	d := dateOf(number)
	for _, h := range c.holidays(d) {
		hours = without(hours, h.closed())
	}
	if extra := c.extras[d]; len(extra) > 0 {
		hours = union(hours, extra)
	}
	return hours
}

func (c *Calendar) holidays(d Date) []Holiday {
	found := c.dated[d]
	if yearly := c.dated[Date{0, d.Month, d.Day}]; len(yearly) > 0 {
		found = append(slices.Clip(found), yearly...)
	}
	for _, h := range c.nth {
		if h.isNth(d) {
			found = append(slices.Clip(found), h)
		}
	}
	return found
}
