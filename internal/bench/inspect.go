package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cpu is the processor time the process has used, 0 on systems that do not tell in /proc.
func (p *process) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name before it may hold anything
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

// memory reads what the real server holds after all of the above, and what it held at most.
func (b *bench) memory() {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.app.cmd.Process.Pid))
	if err != nil {
		b.row("memory", "", "", "", "", "not to be read on this system")
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

// profile writes the app's CPU profile from now until the returned function is called.
func (b *bench) profile(name string) (done func()) {
	if b.profiles == "" {
		return func() {}
	}
	finished := make(chan error, 1)
	go func() { finished <- b.fetchProfile(name) }()
	return func() {
		if err := <-finished; err != nil {
			fmt.Fprintln(b.out, "profile:", err)
		}
	}
}

func (b *bench) fetchProfile(name string) error {
	seconds := max(1, int(b.duration().Seconds()))
	res, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", b.app.profile, seconds))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if err := os.MkdirAll(b.profiles, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(b.profiles, name+".pprof"))
	if err != nil {
		return err
	}
	_, err = io.Copy(f, res.Body)
	return errors.Join(err, f.Close())
}
