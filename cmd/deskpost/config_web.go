package main

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// webSettings say where the page is.
type webSettings struct {
	Listen string // host and port; "" is no page
	URL    string // where browsers find it, without a slash at the end
	Portal bool   // customers may use it too

	SecondFactor bool // agents need one
	Provider     providerSettings
}

// providerSettings say where agents can sign in too, by OpenID Connect.
type providerSettings struct {
	Issuer string // URL; "" is nowhere
	Client string
	Secret func() (string, error)
	Name   string
}

// web checks where the page listens and how browsers reach it.
func (c *checker) web(raw rawWeb) webSettings {
	listen, address := at("web", "listen"), at("web", "url")
	required := c.oneOf(at("web", "second_factor"), raw.SecondFactor, "optional", "required") == "required"
	provider := c.provider(raw)
	if raw.Listen == "" {
		if raw.URL != "" && !c.known(address) {
			c.fault(address, "there is no page that could be found there; write where it listens too, such as listen = \"127.0.0.1:8025\"")
		}
		if portal := at("web", "portal"); raw.Portal && !c.known(portal) {
			c.fault(portal, "there is no page that customers could use; write where it listens too, such as listen = \"127.0.0.1:8025\"")
		}
		return webSettings{}
	}
	host, port, err := net.SplitHostPort(raw.Listen)
	if (err != nil || port == "") && !c.known(listen) {
		c.fault(listen, "%q is not a host and a port; write such as \"127.0.0.1:8025\"", raw.Listen)
	}
	u, err := url.Parse(raw.URL)
	switch {
	case c.known(address):
	case raw.URL == "":
		c.fault(listen, "it is not said how browsers find the page; write such as url = \"https://desk.example.com\"")
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil:
		c.fault(address, "%q is not the address of a page; write such as \"https://desk.example.com\"", raw.URL)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		c.fault(address, "the page can not be below another one; write no more than %q", u.Scheme+"://"+u.Host)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		c.fault(address, "passwords would be readable on their way; write https, and let a proxy such as Caddy or nginx on this machine take it to %s", raw.Listen)
	case u.Scheme == "https" && host != "" && !loopback(host) && !private(host):
		c.fault(listen, "the page itself speaks no TLS, so only a proxy near it may reach it; write an address of this machine or of your own network, such as \"127.0.0.1:%s\"", port)
	}
	return webSettings{Listen: raw.Listen, URL: strings.TrimRight(raw.URL, "/"), Portal: raw.Portal, SecondFactor: required, Provider: provider}
}

// provider checks where agents can sign in too.
func (c *checker) provider(raw rawWeb) providerSettings {
	issuer, client, key := at("web", "oidc_issuer"), at("web", "oidc_client"), at("web", "oidc_secret")
	if raw.OIDCIssuer == "" {
		for _, other := range []struct {
			path keyPath
			set  bool
		}{{client, raw.OIDCClient != ""}, {key, raw.OIDCSecret.isSet()}} {
			if other.set && !c.known(other.path) {
				c.fault(other.path, "there is no provider to sign in at; write where it is, such as oidc_issuer = \"https://accounts.example.com\"")
			}
		}
		return providerSettings{}
	}
	if u, err := url.Parse(raw.OIDCIssuer); !c.known(issuer) && (err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https") {
		c.fault(issuer, "%q is not where a provider is; write its issuer as it does, such as \"https://accounts.example.com\"", raw.OIDCIssuer)
	}
	p := providerSettings{Issuer: raw.OIDCIssuer, Client: raw.OIDCClient, Name: raw.OIDCName}
	if p.Name == "" && !c.known(at("web", "oidc_name")) {
		c.fault(at("web", "oidc_name"), "is empty, and stands on a button; write such as \"your bank account\", or leave the key out")
	}
	c.required(client, raw.OIDCClient, `oidc_client = "deskpost", as the provider calls the desk`)
	if !raw.OIDCSecret.isSet() {
		if !c.known(key) {
			c.fault(key, `is missing; write oidc_secret = "file:PATH" with what the provider gave the desk`)
		}
		return p
	}
	p.Secret = c.reveal(key, raw.OIDCSecret)
	return p
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// private reports whether a host is an address in a network of one's own.
func private(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsPrivate() || ip.IsUnspecified())
}
