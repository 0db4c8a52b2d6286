package main

import (
	"regexp"
	"strings"

	"deskpost/ticket"
)

// Limits of fields. A value has to fit into an index and into a line of a mail.
const (
	maxChoice   = 100   // bytes
	maxPattern  = 200   // bytes
	maxTextSize = "500" // characters of a text
)

// fields checks [field.NAME], in the order of the file, which is that in which
// agents see them.
func (c *checker) fields(raw *rawConfig, p *ticket.Policy) []ticket.Field {
	var all []ticket.Field
	names := map[string]string{}
	for _, key := range c.names("field") {
		f := c.field(key, raw.Field[key], p)
		c.apart(names, "field", key, f.Name)
		all = append(all, f)
	}
	return all
}

func (c *checker) field(key string, raw rawField, p *ticket.Policy) ticket.Field {
	in := func(name string) keyPath { return at("field", key, name) }
	if c.required(in("name"), raw.Name, `name = "Customer number"`) && strings.ContainsAny(raw.Name, "=#{}|") {
		c.fault(in("name"), `must not hold any of = # { } |, which mean something in commands; write such as "Customer number"`)
	}
	types := make([]string, len(ticket.FieldTypes))
	for i, t := range ticket.FieldTypes {
		types[i] = string(t)
	}
	f := ticket.Field{
		Key: key, Name: c.oneLine(in("name"), raw.Name), Customer: raw.Customer,
		Type:        ticket.FieldType(c.oneOf(in("type"), raw.Type, types...)),
		Departments: c.departmentList(in("departments"), raw.Departments, p),
	}
	if raw.RequiredTo != "" {
		f.RequiredTo = map[string]ticket.Status{"resolve": ticket.Resolved, "close": ticket.Closed}[c.oneOf(in("required_to"), raw.RequiredTo, "resolve", "close")]
	}
	f.Choices = c.choices(in("choices"), f.Type, raw.Choices)
	f.Pattern = c.pattern(in("pattern"), f.Type, raw.Pattern)
	c.bounds(&f, raw)
	return f
}

// departmentList checks the keys of departments; an empty list is all.
func (c *checker) departmentList(path keyPath, keys []string, p *ticket.Policy) []string {
	for i, key := range keys {
		if _, ok := p.Departments[key]; !ok {
			c.referenceAt(c.index.elementLine(path, i), path, key, "a", "department", c.index.names("department"))
		}
	}
	return keys
}

func (c *checker) choices(path keyPath, kind ticket.FieldType, choices []string) []string {
	switch {
	case c.known(path):
		return nil
	case kind != ticket.ChoiceField && len(choices) > 0:
		c.fault(path, `is for type = "choice"; change the type, or take it out`)
		return nil
	case kind == ticket.ChoiceField && len(choices) < 2:
		c.fault(path, `has to name two or more; write choices = ["Gold", "Silver"]`)
	}
	seen := map[string]bool{}
	for i, choice := range choices {
		line := c.index.elementLine(path, i)
		switch {
		case folded(choice) == "" || len(choice) > maxChoice || strings.Join(strings.Fields(choice), " ") != choice:
			c.faultAt(line, path, "%q cannot be a choice; write one to %d letters in one line, with single spaces", shorten(choice), maxChoice)
		case seen[folded(choice)]:
			c.faultAt(line, path, "%q cannot be told from another choice in commands; take one out", choice)
		}
		seen[folded(choice)] = true
	}
	return choices
}

// pattern checks a regular expression. Those of Go (RE2) take linear time on any
// value; its length bounds their size.
func (c *checker) pattern(path keyPath, kind ticket.FieldType, pattern string) *regexp.Regexp {
	switch {
	case pattern == "" || c.known(path):
		return nil
	case kind != ticket.TextField:
		c.fault(path, `is for type = "text"; take it out`)
		return nil
	case len(pattern) > maxPattern:
		c.fault(path, "is longer than %d bytes; shorten it", maxPattern)
		return nil
	}
	if _, err := regexp.Compile(pattern); err != nil {
		c.fault(path, "%q is not a regular expression: %s; write such as \"K-[0-9]{4}\" (https://github.com/google/re2/wiki/Syntax)",
			pattern, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return nil
	}
	return regexp.MustCompile(`^(?:` + pattern + `)$`)
}

// bounds checks min and max: of a number or a date, or of the length of a text.
func (c *checker) bounds(f *ticket.Field, raw rawField) {
	limit := ticket.Field{Type: f.Type}
	if f.Type == ticket.TextField {
		limit = ticket.Field{Type: ticket.NumberField, Min: "0", Max: maxTextSize}
	}
	read := func(name, value string) string {
		path := at("field", f.Key, name)
		if value == "" || c.known(path) {
			return ""
		}
		if limit.Type != ticket.NumberField && limit.Type != ticket.DateField {
			c.fault(path, "is for texts, numbers and dates; take it out")
			return ""
		}
		normal, err := limit.Normal(value)
		if err != nil {
			c.fault(path, "%v", err)
		}
		return normal
	}
	f.Min, f.Max = read("min", raw.Min), read("max", raw.Max)
	if limit.Max = f.Max; f.Min == "" || f.Max == "" {
		return
	}
	if _, err := limit.Normal(f.Min); err != nil {
		c.fault(at("field", f.Key, "min"), "%s is more than max, %s, so that no value would be right; write less", raw.Min, raw.Max)
	}
}
