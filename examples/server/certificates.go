package main

import (
	"bytes"
	"crypto/tls"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/internal/hostfile"
)

// certificates are a certificate chain and its key in files, which are looked at
// once a second at most, when somebody connects, and read again when one of them
// has changed, or has only just: it may do so once more within the same tick of the
// clock. While they cannot be read, or do not belong together, as when only one of
// them has been replaced, the last ones that did stay.
type certificates struct {
	files [2]string // chain, key
	now   func() time.Time

	mu      sync.Mutex // guards what follows
	log     *slog.Logger
	checked time.Time
	seen    [2]fs.FileInfo // nil: not there
	settled bool           // what was seen then had not changed for a while
	current *tls.Certificate
}

// readCertificates reads the files for the first time.
func readCertificates(chain, key string) (*certificates, error) {
	c := &certificates{files: [2]string{chain, key}, now: time.Now, log: slog.New(slog.DiscardHandler)}
	c.checked, c.seen = c.now(), c.look()
	c.settled = settled(c.seen)
	return c, c.read()
}

// logTo says where faults of the files are told of.
func (c *certificates) logTo(log *slog.Logger) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = log
}

// get is for [tls.Config].GetCertificate.
func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := c.now().Sub(c.checked); 0 <= age && age < time.Second {
		return c.current, nil
	}
	c.checked = c.now()
	seen := c.look()
	unchanged := same(seen[0], c.seen[0]) && same(seen[1], c.seen[1])
	if unchanged && c.settled {
		return c.current, nil
	}
	c.seen, c.settled = seen, settled(seen)
	old := c.current
	switch err := c.read(); {
	case err == nil && (!unchanged || !slices.EqualFunc(old.Certificate, c.current.Certificate, bytes.Equal)):
		c.log.Info("certificate read again", "cert", c.files[0])
	case err != nil && !unchanged:
		c.log.Warn("certificate cannot be read again, the old one stays", "cert", c.files[0], "key", c.files[1], "err", err)
	}
	return c.current, nil
}

func (c *certificates) look() (seen [2]fs.FileInfo) {
	for i, file := range c.files {
		seen[i], _ = os.Stat(file) // reading it tells what is wrong
	}
	return seen
}

func (c *certificates) read() error {
	certificate, err := tls.LoadX509KeyPair(c.files[0], c.files[1])
	if err == nil {
		c.current = &certificate
	}
	return err
}

// same reports whether a file has not changed.
func same(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return hostfile.Unchanged(a, b)
}

// settled reports whether neither file has only just changed.
func settled(seen [2]fs.FileInfo) bool {
	for _, info := range seen {
		if info != nil && !hostfile.Settled(info) {
			return false
		}
	}
	return true
}
