package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
)

// publicAddrs are the addresses that FTP clients are told to connect to: of a
// domain, or with the empty one of all others.
type publicAddrs map[string]netip.Addr

// add reads IP or DOMAIN=IP.
func (p publicAddrs) add(text string) error {
	domain, address, named := strings.Cut(text, "=")
	if !named {
		domain, address = "", text
	} else if host, err := filestore.CleanHost(domain); err == nil && host != "" {
		domain = host
	} else {
		return errors.New("neither IP nor DOMAIN=IP")
	}
	addr, err := netip.ParseAddr(address)
	if err == nil && !addr.Is4() {
		err = errors.New("not an IPv4 address")
	}
	p[domain] = addr
	return err
}

func (p publicAddrs) of(_ netip.Addr, domain string) netip.Addr {
	if addr, ok := p[domain]; ok {
		return addr
	}
	return p[""]
}

// parseCount reads a number of something from 1 on.
func parseCount(text string, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("not a number from 1 to %d", most)
	}
	return n, nil
}

// newFTP makes the server of -ftp and -ftps.
func (c *config) newFTP(views *filestore.Views, observer filestore.Observer, logger *slog.Logger) *ftpsite.Server {
	return &ftpsite.Server{
		Views:              views,
		Anonymous:          c.ftpAnonymous,
		PassivePorts:       c.ftpPassive,
		PublicAddr:         c.ftpPublic.of,
		ActiveMode:         c.ftpActive,
		TLSConfig:          c.tls,
		MaxSessionsPerAddr: c.ftpSessionsPerAddress,
		Observer:           observer,
		Logger:             logger.With("service", "ftp"),
	}
}
