package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cpuUsed is the CPU time of this process so far, user and system.
func cpuUsed() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("read the CPU time: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// peakRSS is the most memory this process ever held, in bytes; 0 on systems
// without /proc. Getrusage has such a figure too, but on Linux a program
// inherits it from whoever started it.
func peakRSS() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the memory used: %w", err)
	}
	return readVmHWM(status)
}

// readVmHWM finds the line "VmHWM:    12345 kB" of proc_pid_status(5).
func readVmHWM(status []byte) (int64, error) {
	lines := bufio.NewScanner(bytes.NewReader(status))
	for lines.Scan() {
		value, ok := strings.CutPrefix(lines.Text(), "VmHWM:")
		if !ok {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the memory used: %w", err)
		}
		return kib << 10, nil
	}
	return 0, errors.New("read the memory used: the system does not tell VmHWM")
}
