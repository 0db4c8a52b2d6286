// Package command finds the block of #verb lines at the top of what an agent
// newly wrote, and reads it.
//
//	#priority high
//	#assign jane
//
//	Dear Ms Brown, we are looking into it.
//
// The package knows the shape of commands and nothing about tickets: which
// verbs exist, what they do and who may use them is the caller's table. It does
// no I/O, reads no clock, and its time and memory are linear in the text with
// fixed limits ([MaxLines], [MaxLine], [MaxVerb]); the text is taken to be
// hostile.
//
// # Where commands are
//
// [Parse] is given the new text only: quotes, forwarded parts and signatures
// have been removed before. The block starts at the first line that is not
// blank and ends at the first line that is not a command. One blank line after
// it is swallowed, the rest is message text and is handed back byte for byte.
//
//   - "#" directly followed by a letter is a command; leading spaces are ignored.
//   - "#1234" and "# heading" are prose.
//   - "#end" or "--" on a line of its own ends the block; nothing below it is
//     looked at again. Every text can thus be sent unchanged by putting "#end"
//     and an empty line above it.
//   - A first line beginning with "\#" or "##" means that there are no commands;
//     one mark is taken away. A text that follows a block may begin with "\#"
//     in the same way.
//
// # Hold on doubt
//
// A mistyped "#ntoe" must never turn a private remark into a public reply.
// Therefore a line that begins with # and a letter is never demoted to prose
// within the block, not even when it cannot be read: an unknown verb is an
// ordinary [Line] whose verb is not in the caller's table, and one such as
// "#note: angry customer" has its [Line.Fault] set. The caller holds the mail in
// both cases. The price is that a message whose first word is a #hashtag is held
// once; the agent answers with "\#hashtag", or with "#end" above the text.
//
// Lines that look like commands below the block are text, but are listed in
// [Block.NearMisses], so that the caller can hold or warn.
//
// # What clients do to a line
//
// Phones, word processors and HTML editors change what was typed. Inside command
// lines, never in the message text, the package reads through no-break and other
// Unicode spaces, invisible characters before and inside the verb, the fullwidth
// ＃, capitals, curly quotes, dashes made from two hyphens, and a full stop after
// a bare verb.
//
// # Arguments
//
// [Fields], [Deltas], [Match], [Duration] and [When] read what stands after a verb. All
// errors of this package are written for the agent who typed the line: they say
// what was wrong and how to mend it.
package command
