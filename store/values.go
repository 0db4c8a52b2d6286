package store

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"deskpost/ticket"
)

// ms is an instant as it is kept: UTC milliseconds, nil for never.
func ms(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// instant reads what ms wrote.
type instant struct{ t *time.Time }

func (i instant) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*i.t = time.Time{}
	case int64:
		*i.t = time.UnixMilli(v).UTC()
	default:
		return fmt.Errorf("an instant is kept as %T", v)
	}
	return nil
}

// when reads one instant, zero if there is none.
func (t *tx) when(query string, a ...any) (time.Time, error) {
	var at time.Time
	err := t.one(query, a, instant{&at})
	if errors.Is(err, ticket.ErrNotFound) {
		return time.Time{}, nil
	}
	return at, err
}

// msTo reads a span of milliseconds.
type msTo struct{ d *time.Duration }

func (m msTo) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a span of time is kept as %T", v)
	}
	*m.d = time.Duration(n) * time.Millisecond
	return nil
}

// ref is a reference as it is kept: nil for none.
func ref[T ~int64](v T) any {
	if v == 0 {
		return nil
	}
	return int64(v)
}

// refTo reads what ref wrote.
type refTo[T ~int64] struct{ v *T }

func (r refTo[T]) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*r.v = 0
	case int64:
		*r.v = T(v)
	default:
		return fmt.Errorf("a reference is kept as %T", v)
	}
	return nil
}

// clean makes texts such as PostgreSQL keeps: without NUL and in valid UTF-8.
// SQLite would keep any, but a mail must fare alike on both.
func clean(values []any) []any {
	for i, v := range values {
		if s, ok := v.(string); ok {
			values[i] = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
		}
	}
	return values
}

// textOrNull is a text as a unique column keeps it: nil for none.
func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// sumOf is a sum as it is kept: nil for none.
func sumOf(s ticket.Sum) any {
	if s == (ticket.Sum{}) {
		return nil
	}
	return s[:]
}

// sumTo reads what sumOf wrote.
type sumTo struct{ s *ticket.Sum }

func (s sumTo) Scan(v any) error {
	*s.s = ticket.Sum{}
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		if len(v) == len(s.s) {
			copy(s.s[:], v)
			return nil
		}
		return fmt.Errorf("a sum is kept in %d bytes", len(v))
	}
	return fmt.Errorf("a sum is kept as %T", v)
}

// jsonOf is a list or a record as it is kept.
func jsonOf(v any) driver.Valuer { return jsonValue{v} }

type jsonValue struct{ v any }

func (j jsonValue) Value() (driver.Value, error) {
	b, err := json.Marshal(j.v)
	if string(b) == "null" {
		return "[]", err
	}
	return string(b), err
}

// jsonTo reads what jsonOf wrote. An empty list is nil again.
type jsonTo[T any] struct{ v *T }

func (j jsonTo[T]) Scan(v any) error {
	var text []byte
	switch v := v.(type) {
	case string:
		text = []byte(v)
	case []byte:
		text = v
	default:
		return fmt.Errorf("JSON is kept as %T", v)
	}
	if string(text) == "[]" {
		return nil
	}
	return json.Unmarshal(text, j.v)
}

// word is a choice of two as it is kept.
func word(choice bool, yes, no string) string {
	if choice {
		return yes
	}
	return no
}

// wordTo reads what word wrote.
type wordTo struct {
	v   *bool
	yes string
}

func (w wordTo) Scan(v any) error {
	switch v := v.(type) {
	case string:
		*w.v = v == w.yes
	case []byte:
		*w.v = string(v) == w.yes
	default:
		return fmt.Errorf("a word is kept as %T", v)
	}
	return nil
}
