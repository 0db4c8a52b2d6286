package main

import (
	"context"
	"fmt"
	"net"
	"strings"

	"deskpost/ticket"
	"deskpost/web"
)

const (
	demoPassword = "demo"
	demoAuthserv = "mail.bank.example"
)

// demoPeople are the accounts of the demo's mail servers.
var demoPeople = []struct{ email, name, who string }{
	{"support@bank.example", "", "mailbox of the department Support"},
	{"banking@bank.example", "", "mailbox of the department Online Banking"},
	{"sysadmin@bank.example", "", "mailbox of the department System Administrators"},
	{"jane@bank.example", "Jane Doe", "agent"},
	{"john@bank.example", "John Smith", "agent"},
	{"karen@customer.example", "Karen Miller", "customer"},
	{"ken@customer.example", "Ken Jones", "customer, accounting"},
	{"chris@customer.example", "Chris Brown", "customer, assistant of the CFO"},
	{"dora@customer.example", "Dora New", "customer who has not written yet: this is you"},
}

// janesAccess is what Jane may do before the admin gives her more.
const (
	janesAccess     = `access = { system-administrators = "agent" }`
	janesNewAccess  = `access = { system-administrators = "agent", support = "agent", online-banking = "agent" }`
	janesOwnSection = "[agent.jane]"
)

// demoConfig is a config file as an admin would write it, for a desk in the
// database at a URL.
func demoConfig(host *demoHost, database string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "zone = \"Europe/Berlin\"\ndatabase = %q\n", database)
	for _, d := range []struct{ key, mailbox, name, plan string }{
		{"support", "support", "Support", "sev-c"},
		{"online-banking", "banking", "Online Banking", "sev-b"},
		{"system-administrators", "sysadmin", "System Administrators", "sev-b"},
	} {
		fmt.Fprintf(&b, "\n[department.%s]\nname = %q\naddress = \"%s@bank.example\"\nplan = %q\nlead = \"john\"\n"+
			"signature = \"\"\"\n%s\nBank Example\"\"\"\n", d.key, d.name, d.mailbox, d.plan, d.name)
		fmt.Fprintf(&b, "\n[mailbox.%s]\naddress = \"%s@bank.example\"\ndepartment = %q\n"+
			"url = \"imap+insecure://%s@%s/INBOX\"\npassword = %q\n", d.mailbox, d.mailbox, d.key, d.mailbox+"%40bank.example", host.imap.Addr(), demoPassword)
	}
	fmt.Fprintf(&b, `
[relay.main]
url = "smtp+insecure://%s"

[mail]
authserv_id = %q
admins = ["john"]

[plan.sev-a]
name = "Sev-A"
[plan.sev-b]
name = "Sev-B"
[plan.sev-c]
name = "Sev-C"

%s
name = "Jane Doe"
emails = ["jane@bank.example"]
%s

[agent.john]
name = "John Smith"
emails = ["john@bank.example"]
access = { support = "agent" }
`, host.smtp.Addr(), demoAuthserv, janesOwnSection, janesAccess)
	return b.String()
}

// demoPage is the part of the config that has the page, at a host and port.
func demoPage(address string) string {
	return fmt.Sprintf("\n[web]\nlisten = %q\nurl = \"http://%s\"\nportal = true\n", address, address) + `
[canned.reader-sent]
name = "A reader was sent"
text = """
Dear {{first_name|customer}},

a new card reader is on its way to you. Its number is {{number}}."""

[canned.when]
name = "When it is due"
text = "We will be done by {{due}}."
`
}

// demoPasswords gives the agents of the demo the password of their mailboxes.
func demoPasswords(ctx context.Context, desk *ticket.Desk) error {
	hash, err := web.HashPassword(ctx, demoPassword)
	if err != nil {
		return err
	}
	for key := range desk.Policy().Agents {
		if err := desk.SetPassword(ctx, key, hash); err != nil {
			return err
		}
	}
	return nil
}

// freeAddress finds a port on this machine that nobody listens at.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a port for the page: %w", err)
	}
	return l.Addr().String(), l.Close()
}
