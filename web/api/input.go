package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"deskpost/ticket"
)

const (
	maxBody = 4 << 20 // bytes: the longest text there may be, as JSON may write it
	maxKey  = 150     // bytes of an Idempotency-Key
)

// invalid refuses what a program has sent.
func invalid(format string, args ...any) error {
	return &problem{status: http.StatusUnprocessableEntity, code: string(ticket.Invalid), detail: fmt.Sprintf(format, args...)}
}

// readBody reads the JSON of a request into a struct. It is strict: a field that is
// passed over in silence is a mistake that nobody finds.
func readBody(c *call, into any) error {
	if kind, _, err := mime.ParseMediaType(c.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return &problem{status: http.StatusUnsupportedMediaType, code: "not-json", detail: "Send JSON, with the header Content-Type: application/json."}
	}
	text, err := io.ReadAll(http.MaxBytesReader(nil, c.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return err
	}
	if err != nil {
		return &problem{status: http.StatusBadRequest, code: "not-json", detail: "The body of the request broke off."}
	}
	if err := checkNames(text, reflect.TypeOf(into).Elem(), ""); err != nil {
		return err
	}
	return notJSON(json.NewDecoder(bytes.NewReader(text)).Decode(into))
}

// notJSON says what is wrong with a body that encoding/json can not read.
func notJSON(err error) error {
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return invalid("The field %q can not be a %s.", wrong.Field, wrong.Value)
	}
	return &problem{status: http.StatusBadRequest, code: "not-json", detail: "The body is not JSON: " + err.Error() + "."}
}

// checkNames demands that a text is an object with no other fields than a struct
// has, each written as it is there: encoding/json would take capitals for small
// letters.
func checkNames(text []byte, in reflect.Type, path string) error {
	where := "in the body"
	if path != "" {
		where = "in " + path
	}
	var fields map[string]json.RawMessage
	err := json.Unmarshal(text, &fields)
	if _, wrong := errors.AsType[*json.UnmarshalTypeError](err); wrong || err == nil && fields == nil {
		return invalid("There has to be an object %s.", where)
	}
	if err != nil {
		return notJSON(err)
	}
	known := map[string]reflect.Type{}
	var names []string
	for f := range in.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		known[name] = f.Type
		names = append(names, name)
	}
	for name, value := range fields {
		kind, ok := known[name]
		if !ok {
			return invalid("There is no field %q %s: there are %s.", name, where, strings.Join(names, ", "))
		}
		if kind.Kind() == reflect.Struct {
			if err := checkNames(value, kind, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// parameters reads the query of an address, of which only some names are known,
// each once.
func parameters(c *call, names ...string) (url.Values, error) {
	values, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return nil, invalid("The query of the address can not be read: %s.", err)
	}
	for name, list := range values {
		switch {
		case !slices.Contains(names, name):
			return nil, invalid("There is no parameter %q: there are %s.", name, strings.Join(names, ", "))
		case len(list) > 1:
			return nil, invalid("The parameter %q is there more than once.", name)
		}
	}
	return values, nil
}

// whole is a parameter that is a number between two others, or what it is without
// one.
func whole(values url.Values, name string, without, least, most int64) (int64, error) {
	if !values.Has(name) {
		return without, nil
	}
	n, err := strconv.ParseInt(values.Get(name), 10, 64)
	if err != nil || n < least || n > most {
		return 0, invalid("The parameter %q is a number from %d to %d, not %q.", name, least, most, values.Get(name))
	}
	return n, nil
}

// number is the ticket that the path names.
func number(c *call) (ticket.Number, error) {
	n, err := strconv.ParseInt(c.PathValue("number"), 10, 64)
	if err != nil || n <= 0 {
		return 0, &ticket.Refusal{Kind: ticket.NotFound, Text: "there is no such ticket"}
	}
	return ticket.Number(n), nil
}

// key names a request, so that it is done once however often it comes. Those of
// different tokens, and of different kinds of requests, are different keys.
func key(c *call, kind string) (string, error) {
	given := c.Header.Values("Idempotency-Key")
	switch {
	case len(given) == 0:
		return "", nil
	case len(given) > 1 || given[0] == "" || len(given[0]) > maxKey:
		return "", invalid("There is one Idempotency-Key, of 1 to %d bytes.", maxKey)
	}
	return fmt.Sprintf("%d %s %s", c.token.ID, kind, given[0]), nil
}
