package calendar

import (
	"encoding/json"
	"fmt"
	"time"
)

// written is a definition as it is kept, so that what was computed with it can
// be computed again when the config says something else.
type written struct {
	Key      string    `json:"key"`
	Zone     string    `json:"zone"`
	Week     Week      `json:"week"`
	Holidays []Holiday `json:"holidays,omitempty"`
	Extras   []Extra   `json:"extras,omitempty"`
}

// MarshalJSON writes what the calendar was made of. UnmarshalJSON reads it.
func (c *Calendar) MarshalJSON() ([]byte, error) {
	return json.Marshal(written{c.def.Key, c.def.Zone.String(), c.def.Week, c.def.Holidays, c.def.Extras})
}

// UnmarshalJSON makes the calendar that MarshalJSON wrote, with the rules that
// its zone has now: Revision tells whether they are the same. The error is that
// of an unknown zone, or of New.
func (c *Calendar) UnmarshalJSON(data []byte) error {
	var w written
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("read a calendar: %w", err)
	}
	zone, err := time.LoadLocation(w.Zone)
	if err != nil {
		return fmt.Errorf("read the calendar %s: %w", w.Key, err)
	}
	made, err := New(Definition{Key: w.Key, Zone: zone, Week: w.Week, Holidays: w.Holidays, Extras: w.Extras})
	if err != nil {
		return fmt.Errorf("read the calendar %s: %w", w.Key, err)
	}
	c.def, c.dated, c.nth, c.extras, c.revision = made.def, made.dated, made.nth, made.extras, made.revision
	return nil
}
