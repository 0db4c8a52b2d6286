//go:build !race

package trim

// raceFactor is how much longer everything may take under the race detector.
const raceFactor = 1
