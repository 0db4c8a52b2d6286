package mime

// Limits bounds what one mail may cost. What lies over a limit is left out of
// the Message and named in its Problems; the raw mail is kept elsewhere, so
// nothing is lost by it.
type Limits struct {
	Parts            int   // MIME entities in the whole tree, containers included
	Depth            int   // nested multiparts; deeper ones become one opaque attachment
	HeaderBytes      int   // one header block, in bytes
	FieldBytes       int   // one header field with its continuation lines, in bytes
	Fields           int   // header fields in one block
	Addresses        int   // addresses read from one kind of field
	Params           int   // parameters of one Content-Type or Content-Disposition
	Segments         int   // RFC 2231 §3 continuation segments of one parameter
	TextBytes        int   // decoded text/plain kept, in bytes, over all parts
	HTMLBytes        int   // decoded text/html kept, in bytes, over all parts
	AttachmentsBytes int64 // decoded attachment bytes read, over all parts
}

// DefaultLimits returns the budgets the daemon runs with.
func DefaultLimits() Limits {
	return Limits{
		Parts:            1000,
		Depth:            32,
		HeaderBytes:      1 << 20,
		FieldBytes:       64 << 10,
		Fields:           2000,
		Addresses:        500,
		Params:           64,
		Segments:         100,
		TextBytes:        5 << 20,
		HTMLBytes:        2 << 20,
		AttachmentsBytes: 200 << 20,
	}
}

// maxProblems bounds the list of what was wrong with one mail: a mail with a
// million faults must not become a million strings.
const maxProblems = 50

// problems collects what was wrong with a mail, each fault once.
type problems struct {
	list []string
	seen map[string]bool
}

func (p *problems) add(what string) {
	if p.seen[what] || len(p.list) >= maxProblems {
		return
	}
	if p.seen == nil {
		p.seen = make(map[string]bool)
	}
	p.seen[what] = true
	p.list = append(p.list, what)
}
