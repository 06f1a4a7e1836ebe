package main

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"
)

// certificates are a certificate chain and its key in files, which are read once a
// second at most, when somebody connects. While they cannot be read, or do not belong
// together, as when only one of them has been replaced, the last ones that did stay.
type certificates struct {
	files [2]string // chain, key
	now   func() time.Time

	mu      sync.Mutex // guards what follows
	log     *slog.Logger
	checked time.Time
	seen    [2][]byte // what was in them, or why it cannot be read
	current *tls.Certificate
}

// readCertificates reads the files for the first time.
func readCertificates(chain, key string) (*certificates, error) {
	c := &certificates{files: [2]string{chain, key}, now: time.Now, log: slog.New(slog.DiscardHandler)}
	c.checked = c.now()
	_, err := c.read()
	return c, err
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
	switch changed, err := c.read(); {
	case err != nil && changed:
		c.log.Warn("certificate cannot be read again, the old one stays", "file", c.files[0], "key_file", c.files[1], "err", err)
	case changed:
		c.log.Info("certificate read again", "file", c.files[0])
	}
	return c.current, nil
}

// read takes what is in the files, if that has changed.
func (c *certificates) read() (changed bool, err error) {
	var seen [2][]byte
	for i, file := range c.files {
		var failed error
		if seen[i], failed = os.ReadFile(file); failed != nil {
			seen[i] = []byte(failed.Error())
		}
		err = cmp.Or(err, failed)
	}
	if c.current != nil && slices.EqualFunc(seen[:], c.seen[:], bytes.Equal) {
		return false, err
	}
	c.seen = seen
	if err != nil {
		return true, err
	}
	certificate, err := tls.X509KeyPair(seen[0], seen[1])
	if err == nil {
		c.current = &certificate
	}
	return true, err
}
