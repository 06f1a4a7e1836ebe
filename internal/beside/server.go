//go:build linux

// Package beside runs servers beside each other, to measure them: each in a process
// group of its own, on the first core.
package beside

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Server is a server under test, with all its processes.
type Server struct{ cmd *exec.Cmd }

// Start starts a server. It needs taskset.
func Start(cmd *exec.Cmd) (*Server, error) {
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		return nil, err
	}
	cmd.Path, cmd.Args = taskset, append([]string{"taskset", "-c", "0"}, cmd.Args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &Server{cmd}, nil
}

// End kills the server.
func (s *Server) End() {
	syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	s.cmd.Wait()
}

// processes yields, for each process of the server, its directory in /proc, and what
// stat says of it behind its name.
func (s *Server) processes(yield func(dir string, fields []string) bool) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if fields[2] == strconv.Itoa(s.cmd.Process.Pid) && !yield(filepath.Dir(path), fields) { // process group
			return
		}
	}
}

// CPU is the time that the server has used, with all its processes that are there or
// have ended.
func (s *Server) CPU() time.Duration {
	const tick = 10 * time.Millisecond // USER_HZ is 100 on Linux
	var ticks int64
	for _, fields := range s.processes {
		for _, f := range fields[11:15] { // utime, stime, and those of children
			n, _ := strconv.ParseInt(f, 10, 64)
			ticks += n
		}
	}
	return time.Duration(ticks) * tick
}

// Memory is what the server holds for itself, in KiB.
func (s *Server) Memory() (kib int64) {
	for dir := range s.processes {
		rollup, _ := os.ReadFile(filepath.Join(dir, "smaps_rollup"))
		for line := range strings.Lines(string(rollup)) {
			if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[0], "Private_") {
				n, _ := strconv.ParseInt(f[1], 10, 64)
				kib += n
			}
		}
	}
	return kib
}

// Milliseconds is a duration as tables show it.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
