package main

import _ "embed"

//go:embed sample.toml
var sample string

// sampleConfig is the commented config file that "deskpost config" prints. A
// line "#key = value" shows a default.
func sampleConfig() string { return sample }
