package main

import (
	"crypto/x509"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"deskpost/mailer"
	"deskpost/ticket"
)

// maxWebhooks bounds how many there are: each is told at the same time as the
// others.
const maxWebhooks = 50

// webhookSettings say where another program is told of what happens.
type webhookSettings struct {
	URL          string
	Secret       func() (string, error) // looked up at each attempt
	CAs          *x509.CertPool         // the system's and the webhook's own; nil is the system's
	AllowPrivate bool                   // it may be on this machine or in a network of one's own
}

// endpoint is how the mailer reaches it.
func (s webhookSettings) endpoint() *mailer.Endpoint {
	return mailer.NewEndpoint(s.URL, s.Secret, s.CAs, s.AllowPrivate)
}

// webhooks checks [webhook.NAME]: what the desk has to know of them, and what the
// mailer has.
func (c *checker) webhooks(raw *rawConfig, p *ticket.Policy) map[string]webhookSettings {
	all := map[string]webhookSettings{}
	p.Webhooks = map[string]ticket.Webhook{}
	names := c.names("webhook")
	if len(names) > maxWebhooks {
		c.fault(at("webhook", names[maxWebhooks]), "there can be %d webhooks; take some out", maxWebhooks)
	}
	for _, name := range names {
		r := raw.Webhook[name]
		in := func(key string) keyPath { return at("webhook", name, key) }
		host := c.webhookURL(in("url"), r)
		all[name] = webhookSettings{URL: r.URL, Secret: c.webhookSecret(in("secret"), r.Secret),
			CAs: c.authorities(in("ca_file"), r.CAFile), AllowPrivate: r.AllowPrivate}
		p.Webhooks[name] = ticket.Webhook{Key: name, Host: host, Events: c.webhookEvents(in("events"), r.Events),
			Departments: c.departmentList(in("departments"), r.Departments, p),
			MaxAge:      c.duration(in("max_age"), r.MaxAge, time.Minute, 30*day)}
	}
	return all
}

// webhookURL checks where a webhook is, and returns its host.
func (c *checker) webhookURL(path keyPath, r rawWebhook) string {
	if !c.required(path, r.URL, `url = "https://hooks.example.com/deskpost"`) {
		return ""
	}
	u, err := url.Parse(r.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		c.fault(path, `it is not the address of a program; write such as "https://hooks.example.com/deskpost"`)
		return ""
	case u.User != nil:
		c.fault(path, "it holds a name or a password, which nobody would ask for; take them out: the secret is what proves that deskpost writes")
	case u.Fragment != "":
		c.fault(path, "what stands behind the # is never sent; take it out")
	case u.Scheme == "http" && !r.AllowPrivate:
		c.fault(path, "everybody on the way could read what is sent; write https, or allow_private = true if it is on this machine or in your own network")
	case oddAddress(u.Hostname()):
		c.fault(path, "%q is an odd spelling of an address; write four numbers with dots between, or a name", u.Hostname())
	default:
		if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
			if err := mailer.CheckWebhookAddress(ip, r.AllowPrivate); err != nil {
				c.fault(path, "%v", err)
			}
		}
	}
	return u.Host
}

// oddAddress reports whether a host is meant as an address, but not written as
// one: programs read such as 127.1, 0x7f000001 and 2130706433 in their own ways.
func oddAddress(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := strings.ToLower(labels[len(labels)-1])
	return last == "" || strings.HasPrefix(last, "0x") || strings.Trim(last, "0123456789") == ""
}

func (c *checker) webhookSecret(path keyPath, s secret) func() (string, error) {
	if !s.isSet() {
		if !c.known(path) {
			c.fault(path, `is missing; write secret = "file:PATH", and make the file with: (umask 077; echo "whsec_$(openssl rand -base64 32)" > PATH)`)
		}
		return nil
	}
	faults := len(c.faults)
	look := c.reveal(path, s)
	if len(c.faults) > faults || c.known(path) {
		return look
	}
	if text, err := look(); err == nil {
		if _, err := mailer.ParseWebhookSecret(text); err != nil {
			c.fault(path, "%v", err)
		}
	}
	return look
}

// webhookEvents checks what a webhook is told of; none is all.
func (c *checker) webhookEvents(path keyPath, names []string) []ticket.EventKind {
	if len(names) == 0 {
		return ticket.WebhookEvents
	}
	var known []string
	for _, kind := range ticket.WebhookEvents {
		known = append(known, string(kind))
	}
	var kinds []ticket.EventKind
	for i, name := range names {
		line := c.index.elementLine(path, i)
		switch {
		case !slices.Contains(known, name):
			c.faultAt(line, path, "%q is nothing that webhooks are told of%s Write any of: %s", name, fullStop(didYouMean(name, known)),
				strings.Join(known, ", "))
		case slices.Contains(kinds, ticket.EventKind(name)):
			c.faultAt(line, path, "%q is there twice; take one out", name)
		}
		kinds = append(kinds, ticket.EventKind(name))
	}
	return kinds
}
