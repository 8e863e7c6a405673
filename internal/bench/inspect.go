package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// cpu returns the processor time that the process has used, 0 on systems without /proc.
func (p *process) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name may contain spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, userErr := strconv.Atoi(fields[11])
	system, systemErr := strconv.Atoi(fields[12])
	if userErr != nil || systemErr != nil {
		return 0
	}
	return time.Duration(user+system) * (time.Second / 100) // USER_HZ is 100 on every Linux
}

// memory prints the resident memory of the app, now and at most.
func (b *bench) memory() {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.app.cmd.Process.Pid))
	if err != nil {
		b.row("memory", "", "", "", "", "unknown on this system")
		return
	}
	limit := 64 + 19*b.workers
	for _, line := range strings.Split(string(status), "\n") {
		name, value, _ := strings.Cut(line, ":")
		title := map[string]string{"VmRSS": "resident memory, now", "VmHWM": "resident memory, at most"}[name]
		kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(value, " kB")))
		if title != "" && err == nil {
			b.row(title, "", "", "", fmt.Sprintf("%d MB", kib>>10), verdict(kib>>10 <= limit, "≤ %d MB", limit))
		}
	}
}
