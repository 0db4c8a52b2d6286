package command

// Limits of one block.
const (
	MaxLines = 20   // commands in one text
	MaxLine  = 1000 // characters in a line
	MaxVerb  = 24   // characters in a verb
)

// Block is a text taken apart: the commands at its top and the message below.
type Block struct {
	// Lines are the commands in the order written, at most MaxLines.
	Lines []Line
	// End is the line "#end" or "--" that ended the block, as written; empty if
	// the first line that is no command did.
	End string
	// Rest is the message text: all that follows the block and one blank line,
	// byte for byte except that a literal mark is taken away. It is the whole
	// text if there is no block.
	Rest string
	// Literal says that the first line began with \# or ##: no commands wanted.
	Literal bool
	// TooMany says that the block had more than MaxLines commands. The ones
	// above the limit are neither in Lines nor in Rest: the mail is to be held.
	TooMany bool
	// NearMisses are lines of Rest that begin with a known verb, the first
	// MaxLines of them. There are none below an explicit End or a first line
	// with \#, by which the agent said that text follows; there may be some
	// below ##, which can be a mere heading.
	NearMisses []Line
	// Gap says that the block is followed by one more #word after nothing but
	// blank lines, which is not a well-formed line with a known verb behind a
	// single blank line. That line is the first of NearMisses. The block may have been meant to go
	// on there, so the mail is to be held.
	Gap bool
}

// HasText reports whether there is a message besides the commands. Spaces and
// invisible characters are no message.
func (b Block) HasText() bool { return !blank(b.Rest) }

// Parse takes the new text of a mail apart. It accepts every string, valid UTF-8
// or not, and never fails: what is wrong with a line is said in its Fault.
// known reports whether a verb, in lower case, is in the caller's table; it
// decides what is a near miss. Lines of the block are not checked against it.
func Parse(newText string, known func(verb string) bool) Block {
	start := cursor{after: newText, no: 1}.skipBlank()
	if b, ok := parseLiteral(newText, start, known); ok {
		return b
	}
	b, after := readBlock(start, known)
	if len(b.Lines) == 0 && b.End == "" {
		b.Rest = newText
		b.NearMisses = nearMisses(start, known)
		return b
	}
	after = after.skipOneBlank()
	b.Rest = after.after
	if b.End != "" {
		return b
	}
	if line, _, ok := after.next(); ok {
		if at, width, backslash := literalMark(line); backslash {
			b.Rest = b.Rest[:at] + b.Rest[at+width:]
		}
	}
	b.NearMisses = nearMisses(after, known)
	b.markGap(after)
	return b
}

// parseLiteral answers for a text whose first line declines commands.
func parseLiteral(newText string, start cursor, known func(string) bool) (Block, bool) {
	line, below, _ := start.next()
	at, width, backslash := literalMark(line)
	if width == 0 {
		return Block{}, false
	}
	at += len(newText) - len(start.after)
	b := Block{Literal: true, Rest: newText[:at] + newText[at+width:]}
	if !backslash {
		b.NearMisses = nearMisses(below, known)
	}
	return b, true
}

// readBlock reads command lines up to the end of the block and returns where
// the text after it starts. Mail programs that write paragraphs, Outlook above
// all, put an empty line below each command: the block goes on behind one if a
// well-formed line with a known verb follows.
func readBlock(c cursor, known func(string) bool) (Block, cursor) {
	var b Block
	for {
		line, below, ok := c.next()
		if !ok {
			return b, c
		}
		if next, ok := below.paragraph(line, known); ok && len(b.Lines) > 0 {
			c = next
			continue
		}
		l, isCommand := readLine(line, c.no)
		switch {
		case endsBlock(line) && (isCommand || len(b.Lines) > 0):
			// A "--" with no command above it is prose.
			b.End = line
			return b, below
		case !isCommand:
			return b, c
		case len(b.Lines) == MaxLines:
			b.TooMany = true
		default:
			b.Lines = append(b.Lines, l)
		}
		c = below
	}
}

// paragraph reports whether line is empty and what follows it is one more
// command that can be executed, and returns where.
func (c cursor) paragraph(line string, known func(string) bool) (cursor, bool) {
	if !blank(line) || known == nil {
		return c, false
	}
	following, _, ok := c.next()
	if !ok {
		return c, false
	}
	l, ok := readLine(following, c.no)
	return c, ok && l.Fault == "" && known(l.Verb)
}

// skipOneBlank moves past the blank line that parts block and text.
func (c cursor) skipOneBlank() cursor {
	if line, below, ok := c.next(); ok && blank(line) {
		return below
	}
	return c
}

// nearMisses lists the lines from c on that begin with a known verb.
func nearMisses(c cursor, known func(string) bool) []Line {
	var found []Line
	for known != nil && len(found) < MaxLines {
		line, below, ok := c.next()
		if !ok {
			break
		}
		if l, ok := readStray(line, c.no); ok && known(l.Verb) {
			l.Fault = "commands are read only at the top of the text, as #" + l.Verb + " at the start of a line: move it there, or put #end and an empty line above the text if it is none"
			found = append(found, l)
		}
		c = below
	}
	return found
}

// markGap looks for a command parted from the block by blank lines only. It
// counts even if its verb is unknown: it may be a mistyped #note.
func (b *Block) markGap(after cursor) {
	at := after.skipBlank()
	line, _, _ := at.next()
	l, ok := readLine(line, at.no)
	if !ok {
		return
	}
	b.Gap = true
	l.Args = ""
	l.Fault = "an empty line stands between this line and the commands above it: take it out if #" + l.Verb + " is one of them, or put #end below the commands if it is text"
	if len(b.NearMisses) > 0 && b.NearMisses[0].No == l.No {
		b.NearMisses[0] = l
		return
	}
	b.NearMisses = append([]Line{l}, b.NearMisses...)
	if len(b.NearMisses) > MaxLines {
		b.NearMisses = b.NearMisses[:MaxLines]
	}
}
