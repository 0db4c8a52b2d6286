//go:build race

package mime

// raceFactor is how much longer everything may take under the race detector.
const raceFactor = 10
