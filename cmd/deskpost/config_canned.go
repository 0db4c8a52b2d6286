package main

import (
	"strings"

	"deskpost/ticket"
)

// maxCanned bounds a text by the admin, in bytes.
const maxCanned = 16 << 10

// canned checks [canned.NAME].
func (c *checker) canned(raw *rawConfig, p *ticket.Policy) map[string]ticket.Canned {
	all, names := map[string]ticket.Canned{}, map[string]string{}
	for _, key := range c.names("canned") {
		r := raw.Canned[key]
		in := func(name string) keyPath { return at("canned", key, name) }
		c.required(in("name"), r.Name, `name = "VPN reset"`)
		if c.required(in("text"), r.Text, `text = "Dear {{first_name|customer}}, ..."`) {
			c.text(in("text"), r.Text, p, true)
		}
		c.apart(names, "canned", key, r.Name)
		all[key] = ticket.Canned{Key: key, Name: c.oneLine(in("name"), r.Name), Text: r.Text,
			Departments: c.departmentList(in("departments"), r.Departments, p)}
	}
	return all
}

// text checks a text with variables, that may go to customers if public. A
// fault stands at the line of the variable.
func (c *checker) text(path keyPath, text string, p *ticket.Policy, public bool) {
	if len(text) > maxCanned || strings.ContainsRune(text, 0) {
		c.fault(path, "is longer than 16 KiB or not text; shorten it")
		return
	}
	for _, fault := range p.CheckText(text, public) {
		c.faultAt(c.index.lineWithin(path, fault.At), path, "%v", fault)
	}
}
