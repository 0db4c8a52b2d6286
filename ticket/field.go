package ticket

import (
	"cmp"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"deskpost/ticket/command"
)

// A Field is a property of tickets that an admin has added, such as a customer
// number. Its values are kept in Ticket.Fields, each in the one spelling that
// Normal gives it.
type Field struct {
	Key         string
	Name        string
	Type        FieldType
	Choices     []string       // of a ChoiceField
	Pattern     *regexp.Regexp // that the whole of a text has to match; nil takes any
	Min, Max    string         // of a number or a date, as Normal writes them, or of the characters of a text; "" is no limit
	RequiredTo  Status         // Resolved: agents cannot resolve or close without it; Closed: they cannot close; "" is neither
	Departments []string       // keys of those that have it, and those below them; none are all
	Customer    bool           // customers may see it
}

// A FieldType says what the values of a Field are.
type FieldType string

// The types of fields.
const (
	TextField    FieldType = "text"    // one line
	NumberField  FieldType = "number"  // decimal, such as -12.5
	DateField    FieldType = "date"    // kept as 2026-12-24
	ChoiceField  FieldType = "choice"  // one of Choices
	YesNoField   FieldType = "yesno"   // "yes" or "no"
	AddressField FieldType = "address" // of mail
	URLField     FieldType = "url"     // of the web
)

// FieldTypes lists every type of field.
var FieldTypes = []FieldType{TextField, NumberField, DateField, ChoiceField, YesNoField, AddressField, URLField}

// maxFieldValue bounds a value, in characters. An index entry has to hold it.
const maxFieldValue = 500

// Normal is the one spelling of a value that people may write in several ways.
// The error says what is wrong with the value and what to write instead.
func (f Field) Normal(value string) (string, error) {
	value = strings.Join(strings.Fields(value), " ")
	switch {
	case utf8.RuneCountInString(value) > maxFieldValue:
		return "", refuseCustomer(Invalid, "refused.value-long", with("n", maxFieldValue), "is longer than %d characters: shorten it", maxFieldValue)
	case strings.ContainsFunc(value, unicode.IsControl) || !utf8.ValidString(value):
		return "", refuseCustomer(Invalid, "refused.value-unreadable", nil, "has characters in it that cannot be read: type it anew")
	}
	var err error
	switch f.Type {
	case NumberField:
		value, err = normalNumber(value)
	case DateField:
		value, err = normalDate(value)
	case ChoiceField:
		if value, err = command.Match(value, f.Choices); err != nil {
			err = notMatched("choice", err, f.Choices)
		}
	case YesNoField:
		value, err = normalYesNo(value)
	case AddressField:
		value, err = normalAddress(value)
	case URLField:
		value, err = normalURL(value)
	default:
		if f.Pattern != nil && !f.Pattern.MatchString(value) {
			err = refuseCustomer(Invalid, "refused.value-form", with("value", value, "field", f.Name, "pattern", f.Pattern), "%q does not have the form of a %s: it has to match %s", value, f.Name, f.Pattern)
		}
	}
	if err != nil {
		return "", err
	}
	return value, f.bounded(value)
}

// bounded holds a normal value to the limits of its field.
func (f Field) bounded(value string) error {
	if f.Type == TextField {
		n := utf8.RuneCountInString(value)
		switch {
		case f.Min != "" && compareNumbers(fmt.Sprint(n), f.Min) < 0:
			return refuseCustomer(Invalid, "refused.value-short", with("value", value, "n", f.Min), "%q is too short: it has to have %s characters or more", value, f.Min)
		case f.Max != "" && compareNumbers(fmt.Sprint(n), f.Max) > 0:
			return refuseCustomer(Invalid, "refused.value-too-long", with("value", value, "n", f.Max), "%q is too long: it has to have %s characters or less", value, f.Max)
		}
		return nil
	}
	compare := compareNumbers
	switch f.Type {
	case NumberField:
	case DateField:
		compare = cmp.Compare[string] // as kept, dates sort like texts
	default:
		return nil
	}
	switch {
	case f.Min != "" && compare(value, f.Min) < 0:
		return refuseCustomer(Invalid, "refused.value-least", with("value", f.fact(value), "bound", f.fact(f.Min)), "%s is out of bounds: the least is %s", f.Shown(value), f.Shown(f.Min))
	case f.Max != "" && compare(value, f.Max) > 0:
		return refuseCustomer(Invalid, "refused.value-most", with("value", f.fact(value), "bound", f.fact(f.Max)), "%s is out of bounds: the most is %s", f.Shown(value), f.Shown(f.Max))
	}
	return nil
}

// Shown is a kept value as people read it. What was kept while the field had
// another type stays as it is.
func (f Field) Shown(value string) string {
	if f.Type == DateField {
		if day, err := time.Parse(time.DateOnly, value); err == nil {
			return day.Format(shownDate)
		}
	}
	return value
}

var decimal = regexp.MustCompile(`^([+-]?)([0-9]{1,18})(?:\.([0-9]{1,9}))?$`)

func normalNumber(value string) (string, error) {
	parts := decimal.FindStringSubmatch(value)
	if parts == nil {
		return "", refuseCustomer(Invalid, "refused.value-number", with("value", value), "%q is not a number: write digits, with a point before the fraction, as in 1250.5", value)
	}
	number := cmp.Or(strings.TrimLeft(parts[2], "0"), "0")
	if fraction := strings.TrimRight(parts[3], "0"); fraction != "" {
		number += "." + fraction
	}
	if parts[1] == "-" && number != "0" {
		number = "-" + number
	}
	return number, nil
}

// compareNumbers compares decimals, without the errors of floating point.
func compareNumbers(a, b string) int {
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	if !okX || !okY {
		return cmp.Compare(a, b)
	}
	return x.Cmp(y)
}

// shownDate is the form in which agents read dates.
const shownDate = "Mon 2 Jan 2006"

// dateForms are the ways to write a date that mean the same everywhere: none
// with the month before the day in digits, or with slashes.
var dateForms = []string{time.DateOnly, "2.1.2006", "2 Jan 2006", "2 January 2006", "Jan 2 2006", "January 2 2006", shownDate}

func normalDate(value string) (string, error) {
	plain := strings.ReplaceAll(value, ",", "")
	for _, form := range dateForms {
		if day, err := time.Parse(form, plain); err == nil && day.Year() >= 1 {
			if form == shownDate && !strings.EqualFold(day.Format("Mon"), plain[:3]) {
				return "", refuse(Invalid, "%q is a %s: write %s", value, day.Weekday(), day.Format(time.DateOnly))
			}
			return day.Format(time.DateOnly), nil
		}
	}
	return "", refuseCustomer(Invalid, "refused.value-date", with("value", value), "%q is not a date: write year, month and day, as in 2026-12-24", value)
}

func normalYesNo(value string) (string, error) {
	switch strings.ToLower(value) {
	case "yes", "y", "true", "on":
		return "yes", nil
	case "no", "n", "false", "off":
		return "no", nil
	}
	return "", refuseCustomer(Invalid, "refused.value-yes-no", with("value", value), "%q is neither yes nor no: write one of them", value)
}

func normalAddress(value string) (string, error) {
	if !validAddress(value) {
		return "", refuseCustomer(Invalid, "refused.value-address", with("value", value), "%q is not an address: write one such as karen@customer.example", value)
	}
	local, domain, _ := strings.Cut(value, "@")
	return local + "@" + strings.ToLower(domain), nil
}

// normalURL takes addresses that lead where they seem to: of the web, without a
// user before the host.
func normalURL(value string) (string, error) {
	scheme, rest, ok := strings.Cut(value, "://")
	scheme = strings.ToLower(scheme)
	end := strings.IndexAny(rest+"/", "/?#")
	if ok {
		host := strings.ToLower(rest[:end])
		known := scheme == "http" || scheme == "https"
		if known && hostAndPort.MatchString(host) && !strings.ContainsAny(rest, " <>\"\\") {
			return scheme + "://" + host + rest[end:], nil
		}
	}
	return "", refuseCustomer(Invalid, "refused.value-url", with("value", value), "%q is not a web address: write one such as https://bank.example/contract", value)
}

var hostAndPort = regexp.MustCompile(`^([\pL\pN]([\pL\pN.-]*[\pL\pN])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$`)

// fieldsOf are the fields that tickets of a department have, in the order of
// the config.
func (p *Policy) fieldsOf(department string) []Field {
	return slices.DeleteFunc(slices.Clone(p.Fields), func(f Field) bool { return !p.within(department, f.Departments) })
}

// within reports whether a department is one of a list of keys, or below one of
// them. An empty list means all departments.
func (p *Policy) within(department string, list []string) bool {
	return len(list) == 0 || slices.ContainsFunc(p.Lineage(department), func(key string) bool { return slices.Contains(list, key) })
}

// fieldNamed finds the field with a key.
func (p *Policy) fieldNamed(key string) (Field, bool) {
	i := slices.IndexFunc(p.Fields, func(f Field) bool { return f.Key == key })
	if i < 0 {
		return Field{}, false
	}
	return p.Fields[i], true
}

// findField finds one of some fields by key or name.
func (p *Policy) findField(word string, among []Field) (Field, error) {
	keys := func(yield func(string) bool) {
		for _, f := range among {
			if !yield(f.Key) {
				return
			}
		}
	}
	name := func(key string) string { f, _ := p.fieldNamed(key); return f.Name }
	key, err := matchNamed("field", word, keys, name)
	f, _ := p.fieldNamed(key)
	return f, err
}

// A FieldLine is the value of a field as people read it.
type FieldLine struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// fieldLines are the values that a ticket has of its department's fields. A
// ticket that was moved keeps the others, and shows them when it comes back.
func (p *Policy) fieldLines(tk *Ticket) []FieldLine {
	var lines []FieldLine
	for _, f := range p.fieldsOf(tk.Department) {
		if value := tk.Fields[f.Key]; value != "" {
			lines = append(lines, FieldLine{f.Name, f.Shown(value)})
		}
	}
	return lines
}
