package safehtml

import (
	"net/url"
	"strings"
)

// maxAddress bounds an address in bytes. The longest that senders of newsletters
// write, to count who follows them, have some thousands.
const maxAddress = 8 << 10

// linkAddress is an address that a link may lead to, "" for any other: the web, a
// mail, a telephone.
func linkAddress(s string) string {
	u := parseAddress(s)
	if u == nil {
		return ""
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host == "" {
			return ""
		}
		return u.String()
	case "mailto", "tel":
		if u.Opaque == "" {
			return ""
		}
		return u.String()
	}
	return ""
}

// pictureAddress is the address of a picture on another host. remote says that it
// is on one; the address is then "" if it is not one for https.
func pictureAddress(s string) (address string, remote bool) {
	if strings.HasPrefix(s, "//") {
		s = "https:" + s
	}
	u := parseAddress(s)
	if u == nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	if u.Scheme != "https" {
		return "", true
	}
	return u.String(), true
}

// parseAddress reads an absolute address as it was written by somebody who hides
// nothing: nil if it has a name and a password for the host, or what browsers
// would leave out or turn round.
func parseAddress(s string) *url.URL {
	odd := func(c rune) bool { return c < ' ' || c == 0x7f || c == '\\' }
	if len(s) > maxAddress || strings.ContainsFunc(s, odd) {
		return nil
	}
	u, err := url.Parse(strings.ReplaceAll(s, " ", "%20"))
	if err != nil || u.User != nil {
		return nil
	}
	return u
}

// contentID reads an address of a part of the same mail (RFC 2392).
func contentID(s string) (id string, ok bool) {
	const scheme = "cid:"
	if len(s) < len(scheme) || len(s) > maxAddress || !strings.EqualFold(s[:len(scheme)], scheme) {
		return "", false
	}
	id, err := url.PathUnescape(s[len(scheme):])
	if err != nil {
		id = s[len(scheme):] // some mail programs do not escape a percent sign
	}
	return strings.Trim(id, "<>"), true
}
