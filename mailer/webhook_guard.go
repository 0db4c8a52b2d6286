package mailer

import (
	"context"
	"fmt"
	"net/netip"
	"syscall"
)

// A guard keeps webhooks from addresses that a name must not lead to. It is asked
// about each address after it was looked up and before it is connected to, so
// neither an odd spelling nor a name that changes its address gets past it.
type guard struct {
	private bool // this machine and networks of one's own are meant
	plain   bool // what is sent could be read on the way, so nothing else may be meant
}

// check refuses a connection to an address that is not to be reached.
func (g guard) check(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("it is not clear where %q leads to", address)
	}
	if g.plain && kindOfAddress(at.Addr()) != ownNetwork {
		return fmt.Errorf("%s is outside of your own network, and what is sent by http could be read on the way; write https", at.Addr())
	}
	return CheckWebhookAddress(at.Addr(), g.private)
}

// CheckWebhookAddress refuses an address that no webhook may be at: with private
// it may be on this machine or in a network of one's own.
func CheckWebhookAddress(a netip.Addr, private bool) error {
	switch what := kindOfAddress(a); {
	case what == "", what == ownNetwork && private:
		return nil
	case what == ownNetwork:
		return fmt.Errorf("%s is on this machine or in a network of one's own; write allow_private = true if that is meant", a)
	default:
		return fmt.Errorf("%s is %s, and no webhook can be there", a, what)
	}
}

const ownNetwork = "in a network of one's own"

// ownNetworks are those that allow_private is for.
var ownNetworks = prefixes(
	"127.0.0.0/8", "::1/128", // this machine (RFC 1122, RFC 4291)
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // private (RFC 1918)
	"100.64.0.0/10", // behind the address translation of a provider (RFC 6598)
	"fc00::/7",      // private (RFC 4193)
)

// nowhere are those where no receiver can be. Link-local addresses are among
// them: in clouds a machine asks there for its own passwords.
var nowhere = prefixes(
	"0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", // RFC 6890
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", // Teredo and the like, examples, 6to4
)

var (
	unicast6 = netip.MustParsePrefix("2000::/3")
	nat64    = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: the last four bytes are the address behind it
)

func prefixes(all ...string) (list []netip.Prefix) {
	for _, p := range all {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

// kindOfAddress says what kind of address it is; "" if it is one of the Internet.
func kindOfAddress(a netip.Addr) string {
	a = a.WithZone("").Unmap()
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	switch {
	case within(a, ownNetworks):
		return ownNetwork
	case within(a, nowhere), a.Is6() && !unicast6.Contains(a):
		return "an address for special purposes"
	}
	return ""
}

func within(a netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
