// Package browsertest holds tests that use the page with Chromium: the real
// program beside mail servers of its own, and people who click, type and read.
// It is a module of its own, so that deskpost does not depend on what drives a
// browser, and has no code but tests.
package browsertest
