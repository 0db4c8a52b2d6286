package main

import (
	"strings"

	"deskpost/ticket"
)

// addresses checks that every address is one, and that each means one thing:
// a mailbox, an agent or a customer. An agent with an address of the desk
// would get the desk's mail sent to the desk.
func (c *checker) addresses(raw *rawConfig, p *ticket.Policy) {
	mailboxes := map[string]string{} // address to mailbox
	for _, name := range c.names("mailbox") {
		path := at("mailbox", name, "address")
		email := raw.Mailbox[name].Address
		if !c.required(path, email, `address = "support@bank.example"`) {
			continue
		}
		c.ownAddress(path, email, p.Separator)
		c.unique(c.index.line(path), path, email, "mailbox", name, mailboxes)
	}
	for _, name := range c.names("department") {
		path := at("department", name, "address")
		email := raw.Department[name].Address
		if raw.Department[name].Parent != "" && !c.index.has(path) {
			continue // it has its parent's
		}
		if c.required(path, email, `address = "support@bank.example"`) {
			c.ownAddress(path, email, p.Separator)
		}
	}
	c.agentAddresses(raw, p)
}

// echo finds the mailbox that the echo address belongs to. The address is one
// that mail can be sent to, the key is where it arrives.
func (c *checker) echo(raw *rawConfig) string {
	path, want := at("mail", "echo"), ticket.Address{Email: raw.Mail.Echo}
	if want.Email == "" {
		return ""
	}
	var known []string
	for _, name := range c.names("mailbox") {
		have := ticket.Address{Email: raw.Mailbox[name].Address}
		if have.Key() == want.Key() {
			return name
		}
		known = append(known, have.Email)
	}
	c.fault(path, "%q is not the address of a mailbox of this desk. Write one of: %s", want.Email, strings.Join(known, ", "))
	return ""
}

func (c *checker) agentAddresses(raw *rawConfig, p *ticket.Policy) {
	agents := map[string]string{}
	for _, name := range c.names("agent") {
		path := at("agent", name, "emails")
		for i, email := range raw.Agent[name].Emails {
			line := c.index.elementLine(path, i)
			if !c.address(line, path, email) {
				continue
			}
			if p.Own(email) || p.Own(untagged(email, p.Separator)) {
				c.faultAt(line, path, "%q is the desk's own address; write the address at which the agent reads mail", email)
			}
			c.unique(line, path, email, "agent", name, agents)
		}
	}
}

// ownAddress checks an address of the desk, to which tags are added.
func (c *checker) ownAddress(path keyPath, email, separator string) {
	line := c.index.line(path)
	if !c.address(line, path, email) {
		return
	}
	local, _, _ := strings.Cut(email, "@")
	if strings.HasPrefix(local, `"`) {
		c.fault(path, "%q cannot get tags, for it is quoted; write an address without quotes", email)
	}
	if separator != "" && strings.Contains(local, separator) {
		c.fault(path, `%q holds the separator %q, behind which tags are added; write an address without it, or change`+
			` separator in [mail]`, email, separator)
	}
}

// unique checks that no other table of the group has the address.
func (c *checker) unique(line int, path keyPath, email, group, name string, seen map[string]string) {
	key := ticket.Address{Email: email}.Key()
	if other, ok := seen[key]; ok {
		if other == name {
			c.faultAt(line, path, "%q is there twice; take one out", email)
		} else {
			c.faultAt(line, path, "%q is the address of [%s.%s] too; write another", email, group, other)
		}
		return
	}
	seen[key] = name
}

// untagged is an address without what stands behind the separator, which comes
// to the same mailbox.
func untagged(email, separator string) string {
	local, domain, _ := strings.Cut(email, "@")
	if separator != "" {
		local, _, _ = strings.Cut(local, separator)
	}
	return local + "@" + domain
}
