// Package yeartest has the opening hours and service levels of a made-up year,
// 2026, for tests that let it pass: once in the words of the config, for the
// desk, and once for package minutetest, which checks the desk.
package yeartest
