package inbound

import (
	"fmt"
	"io"
	"strings"

	"deskpost/inbound/mime"
	"deskpost/inbound/safehtml"
)

// MailHTML draws the HTML text of a raw mail so that it is harmless to show, with
// the pictures that came with it at the addresses that picture gives to their
// parts, and those on other hosts if remote says so. withheld counts the pictures
// on other hosts that were left out. "" is that of a mail without HTML.
func MailHTML(raw io.Reader, picture func(part string) string, remote bool) (safe string, withheld int, err error) {
	m := mime.Read(raw, mime.DefaultLimits())
	if m.Err != nil {
		return "", 0, fmt.Errorf("read mail: %w", m.Err)
	}
	if strings.TrimSpace(m.HTML) == "" {
		return "", 0, nil
	}
	parts := map[string]string{} // by Content-ID
	for _, a := range m.Attachments {
		if _, twice := parts[a.ContentID]; a.ContentID != "" && !twice {
			parts[a.ContentID] = a.Part
		}
	}
	page, err := safehtml.Clean(m.HTML, safehtml.Options{Remote: remote, Picture: func(id string) string {
		if part, ok := parts[id]; ok {
			return picture(part)
		}
		return ""
	}})
	return page.HTML, page.Withheld, err
}
