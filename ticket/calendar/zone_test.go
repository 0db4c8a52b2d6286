package calendar

import (
	"testing"
	"time"
	_ "time/tzdata" // the same zone rules wherever the tests run
)

// TestZoneSpans compares the offsets of zones with a walk of a quarter of an
// hour a step, far enough ahead to leave the changes that zone files list and
// with leap years among the others. (F51)
func TestZoneSpans(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Beirut",
		"Europe/Dublin", "Africa/Casablanca", "America/St_Johns", "Pacific/Apia", "Asia/Kolkata", "America/Havana"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, years := range [][2]int{{1986, 1994}, {2005, 2013}, {2024, 2030}, {2039, 2045}} {
				from := time.Date(years[0], 1, 1, 0, 0, 0, 0, time.UTC).Unix()
				to := time.Date(years[1], 1, 1, 0, 0, 0, 0, time.UTC).Unix()
				all := zoneSpans(zone, from, to)
				i := 0
				for at := from; at < to; at += 60 * 15 {
					for at >= all[i].to {
						i++
					}
					_, want := time.Unix(at, 0).In(zone).Zone()
					if at < all[i].from || all[i].offset != int64(want) {
						t.Fatalf("%s: span %v, want offset %d", time.Unix(at, 0).UTC(), all[i], want)
					}
				}
			}
		})
	}
}
