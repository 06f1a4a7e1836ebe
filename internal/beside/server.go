//go:build linux

// Package beside runs servers beside each other, to measure them: each in a process
// group of its own, on the first core.
package beside

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
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
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &Server{cmd}, nil
}

// StartAt starts the server of a command that start makes for an address of 127.0.0.1 that
// is free, and waits until it takes connections there. dir is for its files.
func StartAt(start func(dir, addr string) (*exec.Cmd, error), dir string) (s *Server, addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	addr = l.Addr().String()
	l.Close()
	cmd, err := start(dir, addr)
	if err != nil {
		return nil, "", err
	}
	cmd.Stderr = os.Stderr
	if s, err = Start(cmd); err != nil {
		return nil, "", err
	}
	for range 100 {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return s, addr, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.End()
	return nil, "", errors.New("does not answer")
}

// End kills the server.
func (s *Server) End() {
	syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	s.cmd.Wait()
}

// processes yields the number of each process of the server, and what stat says of it
// behind its name. Some leave the process group, so descent counts.
func (s *Server) processes(yield func(pid int, fields []string) bool) {
	found := map[int][]string{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		if text, err := os.ReadFile(path); err == nil { // it has not ended
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			found[pid] = strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		}
	}
	for pid, fields := range found {
		ancestor := pid
		for ancestor != s.cmd.Process.Pid && found[ancestor] != nil {
			ancestor, _ = strconv.Atoi(found[ancestor][1])
		}
		if ancestor == s.cmd.Process.Pid && !yield(pid, fields) {
			return
		}
	}
}

// CPU is the time that the server has used, with all its processes: to the nanosecond
// for those that are there, in steps of 10 ms for those that have ended and were waited for.
func (s *Server) CPU() time.Duration {
	const tick = 10 * time.Millisecond // USER_HZ is 100 on Linux
	var used time.Duration
	for pid, fields := range s.processes {
		var now unix.Timespec
		if unix.ClockGettime(^int32(pid)<<3|unix.CLOCK_PROCESS_CPUTIME_ID, &now) == nil { // clock_getcpuclockid(3)
			used += time.Duration(now.Nano())
		}
		for _, f := range fields[13:15] { // utime and stime of children
			n, _ := strconv.ParseInt(f, 10, 64)
			used += time.Duration(n) * tick
		}
	}
	return used
}

// Memory is what the server holds for itself, in KiB.
func (s *Server) Memory() (kib int64) {
	for pid := range s.processes {
		rollup, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
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
