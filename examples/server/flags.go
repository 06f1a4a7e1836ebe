package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/calendars"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/httpsite"
)

// config is what the command line says.
type config struct {
	base, demo                  string // demo: where to keep the demo base; "" is a temporary directory
	http, https, ftp, tftp, cli string // "" is off
	clis                        string // TLS from the first byte; "" is off
	httpPrefix                  string
	httpCLI                     bool
	httpRequireTLS              bool
	trustedProxies              httpsite.TrustedProxies
	certFile, keyFile           string
	certificates                *certificates // nil without -cert and -key
	tls                         *tls.Config   // with them; nil as well
	ftpPassive                  ftpsite.PortRange
	ftps                        string // implicit TLS; "" is off
	ftpPublic                   publicAddrs
	ftpActive                   bool
	ftpSessionsPerAddress       int // 0: as ftpsite has it
	ftpAnonymous                bool
	tftpStorage                 string
	tftpWrite                   bool
	tftpWindow                  int         // 0: as tftpsite has it
	store                       string      // URL of a database; "": the storages are in the base directory
	s3                          string      // ENDPOINT/BUCKET; it may hold a secret, so no error repeats it
	bucket                      *pgstore.S3 // that of s3; nil: all of it is in the database
	storeTimeout                time.Duration
	directory                   directory.Options
	logLevel                    slog.Level
	logJSON                     bool
	accessLog                   string // "" is off
	accessJSON                  bool
	version                     bool
}

// parseFlags reads the command line. It prints nothing but the help that was
// asked for.
func parseFlags(args []string, help io.Writer) (*config, error) {
	c, accounts, err := parseAccounts(args, help, nil)
	if err == nil && len(accounts) > 0 {
		return nil, usageError{fmt.Errorf("unexpected argument %q (server -h tells what there is)", accounts[0])}
	}
	return c, err
}

// parseAccounts is parseFlags for a command line that may go on with accounts. more adds flags
// of one command; nil: there are none.
func parseAccounts(args []string, help io.Writer, more func(*flag.FlagSet)) (*config, []string, error) {
	c := &config{
		ftpAnonymous: true, httpCLI: true,
		ftpPublic: publicAddrs{},
		directory: directory.Options{
			Crypt: crypt.Match, Calendars: calendars.Find,
			DomainAliases: map[string]string{}, DomainIPs: map[netip.Addr]string{},
		},
	}
	fs := flag.NewFlagSet("server", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&c.base, "base", "", "serve the CommuniGate Pro base directory `DIR`; without it a demo base is made")
	fs.StringVar(&c.demo, "demo", "", "make the demo base in the empty or new directory `DIR`, and keep it; without it that is temporary")
	fs.StringVar(&c.directory.ClusterDir, "cluster", "", "mount WebSkins and PBXApp of the directory `DIR` as $ClusterSkins and $ClusterPBXApp (default none)")
	fs.StringVar(&c.store, "store", "", "keep the storages in the PostgreSQL database `URL`, which other servers may share, and not in the base directory")
	fs.StringVar(&c.s3, "store-s3", "", "with -store, keep large files in `ENDPOINT/BUCKET`; credentials are in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or in the file AWS_SHARED_CREDENTIALS_FILE")
	fs.DurationVar(&c.storeTimeout, "store-timeout", 30*time.Second, "with -store, refuse what cannot be done within `TIME`, because something is out of reach or a tree is too large")
	addr := func(to *string, name, value, usage string) {
		*to = value
		fs.Func(name, fmt.Sprintf("listen on `ADDR` for %s (default %s)", usage, nameOff(value)), func(s string) error {
			*to = s
			if s == "off" || s == "" {
				*to = ""
				return nil
			}
			_, err := net.ResolveTCPAddr("tcp", s) // for UDP it would say the same
			return err
		})
	}
	addr(&c.http, "http", "127.0.0.1:8100", "HTTP; off switches it off, port 0 takes a free one")
	addr(&c.https, "https", "", "HTTPS; needs -cert and -key")
	addr(&c.ftp, "ftp", "127.0.0.1:8121", "FTP, with TLS if there are -cert and -key")
	addr(&c.ftps, "ftps", "", "FTP that begins with TLS (usually port 990); needs -cert and -key")
	addr(&c.tftp, "tftp", "127.0.0.1:8169", "TFTP")
	addr(&c.cli, "cli", "127.0.0.1:8106", "the command line interface (PWD protocol), with STLS if there are -cert and -key")
	addr(&c.clis, "clis", "", "the command line interface that begins with TLS; needs -cert and -key")
	fs.StringVar(&c.httpPrefix, "http-prefix", "", "clients find the HTTP services below the path `PATH`, such as /files, which a proxy takes away (default none)")
	fs.Func("http-cli", "take commands of administrators of the server by HTTP, in /cli/: `on|off` (default on)", func(s string) (err error) {
		c.httpCLI, err = parseSwitch(s)
		return err
	})
	fs.BoolVar(&c.httpRequireTLS, "http-require-tls", false, "take passwords by HTTP within TLS alone, or from this machine; Digest is taken everywhere")
	fs.Func("trust-pages", "let pages of the users of `DOMAIN` run without a sandbox, with all that their visitors may do; may be repeated", func(s string) error {
		c.directory.TrustPages = append(c.directory.TrustPages, s)
		return nil
	})
	fs.Func("trusted-proxy", "believe the proxies in the network `CIDR` what X-Forwarded-For and Forwarded say about their clients; may be repeated", func(s string) error {
		network, err := parseNetwork(s)
		c.trustedProxies = append(c.trustedProxies, network)
		return err
	})
	fs.StringVar(&c.certFile, "cert", "", "read the certificate chain from the PEM file `FILE`")
	fs.StringVar(&c.keyFile, "key", "", "read the private key from the PEM file `FILE`")
	fs.Func("ftp-passive", "take ports `LOW-HIGH` for FTP data connections (default any)", func(s string) (err error) {
		c.ftpPassive, err = parsePorts(s)
		return err
	})
	fs.Func("ftp-public-ip", "tell FTP clients to connect to `IP`, if that is not the address they came to; DOMAIN=IP is for those that log in to a domain, and may be repeated", c.ftpPublic.add)
	fs.BoolVar(&c.ftpActive, "ftp-active", false, "connect to FTP clients that ask for it (PORT, EPRT), each at its own address")
	fs.Func("ftp-sessions-per-address", "allow `N` FTP sessions of one IPv4 address, or 64 bits of IPv6 (default 20)", func(s string) (err error) {
		c.ftpSessionsPerAddress, err = parseCount(s, 1000)
		return err
	})
	fs.Func("ftp-anonymous", "let strangers read public files by FTP: `on|off` (default on)", func(s string) (err error) {
		c.ftpAnonymous, err = parseSwitch(s)
		return err
	})
	fs.StringVar(&c.tftpStorage, "tftp-storage", "", "make `ACCOUNT` the Default Storage, whose files TFTP names without an account")
	fs.BoolVar(&c.tftpWrite, "tftp-write", false, "admit TFTP uploads, as far as the account tftpuser has the right")
	fs.Func("tftp-window", "send and take up to `N` TFTP packets at once, from 1 to 64, for clients that ask for it (default 16)", func(s string) (err error) {
		c.tftpWindow, err = parseCount(s, 64)
		return err
	})
	fs.Func("route", "show one account on a whole host: `'<LoginPage@HOST> = ACCOUNT@DOMAIN'`, both with an asterisk for a host of each account; may be repeated", func(s string) error {
		r, err := directory.ParseRoute(s)
		c.directory.Routes = append(c.directory.Routes, r)
		return err
	})
	fs.Func("domain-alias", "give a domain another name: `ALIAS=DOMAIN`; may be repeated", func(s string) error {
		alias, domain, err := directory.ParseDomainAlias(s)
		c.directory.DomainAliases[alias] = domain
		return err
	})
	fs.Func("domain-ip", "give a local address to a domain: `IP=DOMAIN`; may be repeated", func(s string) error {
		ip, domain, err := directory.ParseDomainIP(s)
		c.directory.DomainIPs[ip] = domain
		return err
	})
	fs.BoolVar(&c.directory.UnmarkedClear, "unmarked-clear", false, "take a stored password without a mark for clear text even where PasswordEncryption is not clear")
	fs.Func("time-zone", "take `NAME`, as in Europe/Berlin, for the time zone of the server and of calendars whose owners choose none (default that of this machine)", func(s string) (err error) {
		if s == freebusy.HostZone {
			return nil
		}
		c.directory.TimeZone, err = freebusy.LoadLocation(s)
		return err
	})
	fs.StringVar(&c.accessLog, "access-log", "", "write a line for each request, transfer and command to `FILE`; stderr is standard error (default none)")
	fs.Func("access-log-format", "write these lines as `combined|json` (default combined)", func(s string) error {
		c.accessJSON = s == "json"
		if s != "json" && s != "combined" {
			return errors.New("neither combined nor json")
		}
		return nil
	})
	fs.BoolVar(&c.version, "version", false, "print the version, and end")
	fs.Func("log-level", "log from this level on: `debug|info|warn|error` (default info)", func(s string) error {
		return c.logLevel.UnmarshalText([]byte(s))
	})
	fs.Func("log-format", "write the log as `text|json` (default text)", func(s string) error {
		c.logJSON = s == "json"
		if s != "json" && s != "text" {
			return errors.New("neither text nor json")
		}
		return nil
	})
	if more != nil {
		more(fs)
	}
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fs.SetOutput(help)
		fmt.Fprintln(help, "usage: server [flags]\n       server check [flags]\n       server recount [flags] [ACCOUNT...]\n       server store migrate -store URL\n"+
			"       server store import|export -base DIR -store URL [-delete] [-verify] [-transfers N] [flags] [ACCOUNT...]")
		fs.PrintDefaults()
		return nil, nil, err
	}
	if err == nil {
		err = c.complete()
	}
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("%w (server -h lists the flags)", err)}
	}
	return c, fs.Args(), nil
}

// complete checks what flags say together, and loads the certificate.
func (c *config) complete() error {
	if dir := c.directory.ClusterDir; dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("-cluster: %q is not a directory", dir)
		}
	}
	if (c.certFile == "") != (c.keyFile == "") || c.https != "" && c.certFile == "" {
		return errors.New("-https, -cert and -key belong together")
	}
	if c.storeTimeout <= 0 {
		return errors.New("-store-timeout is not above zero")
	}
	if c.s3 != "" {
		bucket, err := pgstore.ParseS3(c.s3)
		if err != nil {
			return fmt.Errorf("-store-s3: %w", err)
		}
		if c.store == "" {
			return errors.New("-store-s3 needs -store")
		}
		c.bucket = bucket
	}
	if c.base != "" && c.demo != "" {
		return errors.New("-base and -demo exclude each other")
	}
	if c.ftps != "" && c.certFile == "" {
		return errors.New("-ftps needs -cert and -key")
	}
	if c.clis != "" && c.certFile == "" {
		return errors.New("-clis needs -cert and -key")
	}
	if c.certFile == "" {
		return nil
	}
	certificates, err := readCertificates(c.certFile, c.keyFile)
	c.certificates = certificates
	c.tls = &tls.Config{GetCertificate: certificates.get, MinVersion: tls.VersionTLS12}
	return err
}

func nameOff(addr string) string {
	if addr == "" {
		return "off"
	}
	return addr
}

func parseSwitch(s string) (bool, error) {
	if s != "on" && s != "off" {
		return false, errors.New("neither on nor off")
	}
	return s == "on", nil
}

// parseNetwork reads a network, or an address as the network of one.
func parseNetwork(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Prefix(addr.BitLen())
	}
	return netip.ParsePrefix(s)
}

func parsePorts(s string) (ftpsite.PortRange, error) {
	low, high, _ := strings.Cut(s, "-")
	l, err := strconv.ParseUint(low, 10, 16)
	h, errHigh := strconv.ParseUint(high, 10, 16)
	if err != nil || errHigh != nil || l == 0 || l > h {
		return ftpsite.PortRange{}, errors.New("not LOW-HIGH")
	}
	return ftpsite.PortRange{Low: uint16(l), High: uint16(h)}, nil
}
