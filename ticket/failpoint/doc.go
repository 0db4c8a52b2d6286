// Package failpoint lets a build for tests die, wait or fail at a named step,
// and live by another clock. In every other build its functions do nothing, and
// the compiler leaves them out.
//
// A build for tests is made with the build tag "failpoint". What is to happen
// stands in its environment:
//
//	DESKPOST_FAILPOINTS  what happens where, separated by semicolons:
//	    inbound.committed=kill@3        dies there at the third time
//	    mailer.answered=kill%0.05       dies there at one time in twenty
//	    store.commit=error disk on fire fails there every time
//	    mailer.claimed=sleep 2s@1       waits there the first time
//	    inbound.read=kill~invoice       dies there whenever it is about an invoice
//	    *=kill%0.01                     at every step that is not named
//	    The steps are listed in steps.go. One that dies says so on standard error:
//	    "failpoint mailer.answered: killed".
//	DESKPOST_FAILPOINT_SEED  a number: other ones draw other chances
//	DESKPOST_CLOCK  how the clock is wrong, separated by spaces:
//	    +48h   it is ahead by that much, or behind with a minus
//	    x30    it runs thirty times as fast, from the start of the program on
//	    x30@1769900000  from that Unix second on, so that programs started one
//	           after the other see one clock
//	    file:/path  the file holds such words, and is read again at each look
package failpoint
