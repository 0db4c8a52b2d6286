package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// keyCustomer is what the session of a customer holds: the address that a mailed
// link has proven. It gives nothing that agents have, nor theirs this.
const keyCustomer = "customer"

// Limits of what one host, or one customer, may ask for in brakeFor.
const (
	asksByHost      = 40
	writesByAddress = 30
)

// portal adds the pages for customers.
func (s *Server) portal(open func(string, handler)) {
	there := func(h handler) handler {
		return func(r *http.Request) (answer, error) {
			if !s.Desk.Policy().Portal {
				return answer{}, notFound()
			}
			return h(r)
		}
	}
	open("GET /new", there(s.askNew))
	open("POST /new", there(s.sendNew))
	open("GET /new/{token}", there(s.askConfirm))
	open("POST /new/{token}", there(s.confirm))
	open("GET /my", there(s.my))
	open("POST /my", there(s.askVisit))
	open("GET /my/sign-in/{token}", there(s.askVisitLink))
	open("POST /my/sign-in/{token}", there(s.visit))
	open("POST /my/sign-out", there(s.leave))
	open("POST /my/language", there(s.choose))
	open("GET /my/{number}", there(s.asCustomer(s.myTicket)))
	open("POST /my/{number}", there(s.asCustomer(s.writeMine)))
	open("GET /my/{number}/files/{id}", there(s.asCustomer(s.myFile)))
}

// A customerHandler answers a request of a customer whose address is proven.
type customerHandler func(r *http.Request, address string) (answer, error)

// asCustomer sends whoever has followed no link to the form that mails one.
func (s *Server) asCustomer(h customerHandler) handler {
	return func(r *http.Request) (answer, error) {
		address := s.customer(r)
		if address == "" {
			return goTo("/my"), nil
		}
		return h(r, address)
	}
}

// customer is the proven address of the session, "" if there is none.
func (s *Server) customer(r *http.Request) string {
	return s.sessions.GetString(r.Context(), keyCustomer)
}

// let lets a customer in. The session gets another token, as with begin.
func (s *Server) let(r *http.Request, address string) error {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	s.sessions.Put(r.Context(), keyCustomer, address)
	s.Log.Info("a customer follows a link", "address", address)
	return nil
}

func (s *Server) leave(r *http.Request) (answer, error) {
	s.sessions.Remove(r.Context(), keyCustomer)
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return answer{}, err
	}
	return goTo("/my"), nil
}

// portalFrame is the frame of the pages for customers. The title is the key of its
// sentence.
func (s *Server) portalFrame(r *http.Request, title string) frame {
	return frame{Title: s.visitorOf(r).Say(title), Portal: true, Customer: s.customer(r), Here: r.URL.RequestURI(),
		Flash: s.sessions.PopString(r.Context(), keyFlash)}
}

// hurry reports how long somebody has to wait who asks for too much, and counts
// this time.
func (s *Server) hurry(by tried) time.Duration {
	return s.asks.try(s.Now(), by)
}

// byClient is for all requests for a link that come from one client.
func byClient(r *http.Request) tried { return tried{"asks from " + client(r), asksByHost} }

// client is the network that a request comes from, as far as that is known.
func client(r *http.Request) string {
	name, _ := clientOf(r)
	return name
}

// clientOf is the network that a request comes from. Behind a proxy that is what
// the proxy says last, for else all would come from one; if it says nothing the
// network is not known. Nobody else is believed what they say of themselves.
func clientOf(r *http.Request) (name string, known bool) {
	name = host(r)
	ip, err := netip.ParseAddr(name)
	if err != nil {
		return name, false
	}
	if !ip.IsLoopback() && !ip.IsPrivate() {
		return prefix(ip), true
	}
	if said := r.Header.Values("X-Forwarded-For"); len(said) > 0 {
		hops := strings.Split(said[len(said)-1], ",")
		if last, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
			return prefix(last), true
		}
	}
	return name, false
}

// prefix is the network that one client has to itself: of IPv6 it is a /64.
func prefix(ip netip.Addr) string {
	if ip = ip.Unmap(); ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return net.IP(ip.AsSlice()).String()
}

// isPortal reports whether a path is one of the pages for customers.
func isPortal(path string) bool {
	for _, root := range []string{"/new", "/my"} {
		if path == root || strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return false
}
