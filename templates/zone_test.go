package templates

import (
	"testing"
	"time"
	_ "time/tzdata"
)

// TestTimesAcrossDaylightSaving: an instant is shown in the zone of the desk, with
// the name that tells the doubled hour apart (F51).
func TestTimesAcrossDaylightSaving(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ zone, at, want string }{
		{"Europe/Berlin", "2026-03-29T00:59:00Z", "Sun 29 Mar 2026, 01:59 CET"},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", "Sun 29 Mar 2026, 03:00 CEST"},
		{"Europe/Berlin", "2026-10-25T00:30:00Z", "Sun 25 Oct 2026, 02:30 CEST"},
		{"Europe/Berlin", "2026-10-25T01:30:00Z", "Sun 25 Oct 2026, 02:30 CET"},
		{"America/New_York", "2026-11-01T05:30:00Z", "Sun 1 Nov 2026, 01:30 EDT"},
		{"America/New_York", "2026-11-01T06:30:00Z", "Sun 1 Nov 2026, 01:30 EST"},
		{"Australia/Lord_Howe", "2026-04-04T14:59:00Z", "Sun 5 Apr 2026, 01:59 +11"},
		{"Australia/Lord_Howe", "2026-04-04T15:00:00Z", "Sun 5 Apr 2026, 01:30 +1030"},
		{"Africa/Casablanca", "2026-02-15T01:59:00Z", "Sun 15 Feb 2026, 02:59 +01"},
		{"Africa/Casablanca", "2026-02-15T02:00:00Z", "Sun 15 Feb 2026, 02:00 +00"},
		{"Pacific/Apia", "2011-12-30T09:59:00Z", "Thu 29 Dec 2011, 23:59 -10"},
		{"Pacific/Apia", "2011-12-30T10:00:00Z", "Sat 31 Dec 2011, 00:00 +14"},
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := datings[English].instant(at, tc.zone); got != tc.want {
			t.Errorf("%s in %s: %q, want %q", tc.at, tc.zone, got, tc.want)
		}
	}
}
