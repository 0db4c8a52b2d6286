package templates

import (
	"fmt"
	"strings"
	"time"
)

// A dating is how a language writes instants. Months and days of the week are
// written out: figures alone mean different days to different readers.
type dating struct {
	days   [7]string // from Sunday
	months [12]string
	first  string            // the first day of a month, if it has a word of its own
	when   string            // a day and a time of it
	day    string            // a day
	clock  string            // a time
	here   string            // a day of this year and a time, short
	there  string            // a day of another year and a time, short
	zones  map[string]string // abbreviations that are others than the English ones
}

// datings are by language. English is as agents read it.
var datings = map[string]dating{
	English: {
		days:   [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		months: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		when:   "{weekday} {day} {month} {year}, {hour}:{minute} {zone}",
		day:    "{weekday} {day} {month} {year}",
		clock:  "{hour}:{minute}",
		here:   "{weekday} {day} {month}, {hour}:{minute}",
		there:  "{day} {month} {year}, {hour}:{minute}",
	},
	"de": {
		days:   [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		when:   "{weekday}, {day}. {month} {year}, {hour}:{minute} Uhr ({zone})",
		day:    "{weekday}, {day}. {month} {year}",
		clock:  "{hour}:{minute} Uhr",
		here:   "{day}. {month}, {hour}:{minute} Uhr",
		there:  "{day}. {month} {year}, {hour}:{minute} Uhr",
		zones:  map[string]string{"CET": "MEZ", "CEST": "MESZ", "GMT": "WEZ", "WET": "WEZ", "WEST": "WESZ", "EET": "OEZ", "EEST": "OESZ"},
	},
	"fr": {
		days:   [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		first:  "1er",
		when:   "{weekday} {day} {month} {year} à {hour}\u00a0h\u00a0{minute} ({zone})",
		day:    "{weekday} {day} {month} {year}",
		clock:  "{hour}\u00a0h\u00a0{minute}",
		here:   "{day} {month}, {hour}\u00a0h\u00a0{minute}",
		there:  "{day} {month} {year}, {hour}\u00a0h\u00a0{minute}",
	},
	"es": {
		days:   [7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
		months: [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
		when:   "{weekday} {day} de {month} de {year}, {hour}:{minute}\u00a0h ({zone})",
		day:    "{weekday} {day} de {month} de {year}",
		clock:  "{hour}:{minute}\u00a0h",
		here:   "{day} de {month}, {hour}:{minute}\u00a0h",
		there:  "{day} de {month} de {year}, {hour}:{minute}\u00a0h",
	},
}

// write fills in one of the forms of an instant, in the zone that it is in.
func (d dating) write(form string, t time.Time) string {
	day := fmt.Sprint(t.Day())
	if t.Day() == 1 && d.first != "" {
		day = d.first
	}
	zone := t.Format("MST")
	if local, ok := d.zones[zone]; ok {
		zone = local
	}
	return strings.NewReplacer("{weekday}", d.days[t.Weekday()], "{day}", day, "{month}", d.months[t.Month()-1], "{year}", fmt.Sprintf("%04d", t.Year()),
		"{hour}", fmt.Sprintf("%02d", t.Hour()), "{minute}", fmt.Sprintf("%02d", t.Minute()), "{zone}", zone).Replace(form)
}

// in is an instant in a zone by its name. An unknown zone is UTC. Where the offset
// of the reader's clock is given, such as "-0500", it is by that clock and says so:
// a Date field tells an offset and no zone, so whether that clock has been changed
// since, or is until then, nobody knows, and the instant is the right one in any
// case. Two times for one instant would only have to be read twice.
func in(t time.Time, zone string, offset ...string) time.Time {
	for _, o := range offset {
		if clock, ok := Clock(o); ok {
			return t.In(clock)
		}
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		location = time.UTC
	}
	return t.In(location)
}

// offsetName is how people write an offset of some seconds from UTC: "UTC−5".
func offsetName(seconds int) string {
	switch minutes := seconds / 60 % 60; {
	case seconds == 0:
		return "UTC"
	case seconds < 0:
		return strings.Replace(offsetName(-seconds), "+", "\u2212", 1)
	case minutes == 0:
		return fmt.Sprintf("UTC+%d", seconds/3600)
	default:
		return fmt.Sprintf("UTC+%d:%02d", seconds/3600, minutes)
	}
}

// instant writes an instant in a zone by its name, with the abbreviation that tells
// the doubled hour apart. No instant is "".
func (d dating) instant(t time.Time, zone string, offset ...string) string {
	if t.IsZero() {
		return ""
	}
	return d.write(d.when, in(t, zone, offset...))
}

// date writes the day of an instant as instant does, without the time.
func (d dating) date(t time.Time, zone string) string {
	if t.IsZero() {
		return ""
	}
	return d.write(d.day, in(t, zone))
}

// short writes an instant as one reads it in a list: today's by its time, others
// by their day.
func (d dating) short(t, now time.Time, zone *time.Location) string {
	t, now = t.In(zone), now.In(zone)
	switch {
	case t.IsZero():
		return ""
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return d.write(d.clock, t)
	case t.Year() == now.Year():
		return d.write(d.here, t)
	}
	return d.write(d.there, t)
}
