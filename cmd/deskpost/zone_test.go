package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestZonesAreBuiltIn, since small machines and containers have no zone files
// (F53).
func TestZonesAreBuiltIn(t *testing.T) {
	t.Parallel()
	deps, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if !slices.Contains(strings.Fields(string(deps)), "time/tzdata") {
		t.Error("the program does not carry its own zones")
	}
}

// TestUnknownZoneIsRefused, with the line to mend (F53).
func TestUnknownZoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Berlim", "CEST", "Local", "", "../../etc/passwd", "+01:00"} {
		_, err := parseConfig(source(configDir(t), strings.Replace(fullConfig, `zone = "America/New_York"`, `zone = "`+zone+`"`, 1)))
		if err == nil || !strings.Contains(err.Error(), "zone") {
			t.Errorf("zone %q: %v", zone, err)
		}
	}
}
