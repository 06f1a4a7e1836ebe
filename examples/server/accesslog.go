package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"github.com/cgpkit/cgpkit/sitelog"
)

// logFile is a file that is opened again when it was moved away.
type logFile struct {
	name string

	mu   sync.Mutex // guards file
	file *os.File
}

// open opens the file, or a new one of its name. After an error the old one stays.
func (l *logFile) open() error {
	file, err := os.OpenFile(l.name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("-access-log: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.file
	l.file = file
	if old != nil {
		return old.Close()
	}
	return nil
}

// Write implements io.Writer.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Write(p)
}

// Close implements io.Closer.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

// openAccessLog opens what -access-log names. There is none without it.
func (c *config) openAccessLog(stderr io.Writer) (access *sitelog.Access, file *logFile, err error) {
	switch c.accessLog {
	case "":
		return nil, nil, nil
	case "stderr":
		return &sitelog.Access{W: stderr, JSON: c.accessJSON}, nil, nil
	}
	file = &logFile{name: c.accessLog}
	if err := file.open(); err != nil {
		return nil, nil, usageError{err}
	}
	return &sitelog.Access{W: file, JSON: c.accessJSON}, file, nil
}

// reopen does what SIGHUP asks for. Certificates and settings are read again when
// they change, without it.
func (l *logFile) reopen(logger *slog.Logger) {
	if l == nil {
		return
	}
	if err := l.open(); err != nil {
		logger.Error("access log cannot be opened again", "err", err)
		return
	}
	logger.Info("access log is opened again")
}
