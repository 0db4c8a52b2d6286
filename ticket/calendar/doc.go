// Package calendar counts working time: how much of it lies between two
// instants, and when a given amount of it will have passed.
//
// A calendar has opening hours for each day of the week, in minutes of local
// time, holidays that close them and extra openings that beat holidays. Its time
// zone is one of the IANA database. Everything that goes in and comes out is an
// instant; local time exists only inside.
//
// # Where clocks are changed
//
// An opening from w to x on some date lasts
//
//	from  the first instant at which a clock on the wall shows w or later
//	to    the last instant before which it shows less than x
//
// So a time of day that a spring night skips is the instant of the change. Of a
// time of day that an autumn night has twice, openings begin with the first and
// end with the second. All amounts are real seconds: an opening from 00:00 to
// 24:00 is 23 or 25 hours long on such days. The choice between the offsets is
// made here and not by time.Date, which promises nothing about it.
//
// # Limits
//
// Calendars are open from 1970 to 2199 only, and nothing is looked for further
// than ten years ahead: [ErrTooFar].
//
// A [Calendar] is made once by [New], never changes, and may be used by several
// goroutines. It reads no clock. Opening hours are laid out a year at a time
// when first needed and kept, so that [Calendar.Add] over ten years is a dozen
// searches.
package calendar
