package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
	_ "time/tzdata" // visitors of freebusy.wssp choose time zones, on systems without a database as well

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/httpsite/pages"
	"github.com/cgpkit/cgpkit/sitelog"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// grace is how long running transfers have when the server is told to end.
const grace = 10 * time.Second

// service is one way in.
type service struct {
	name, addr string // addr "" is off
	rare       bool   // the ready line says nothing of it while it is off
	listen     func(addr string) (net.Addr, error)
	serve      func() error // after listen; returns a closed-error after shutdown
	shutdown   func(context.Context) error
	close      func() error // the listener
	closed     error        // what serve returns after shutdown
	bound      net.Addr     // the real address, once it listens
}

type services []*service

// open opens the base directory.
func (c *config) open(logger *slog.Logger) (*directory.Base, error) {
	c.directory.Logger = logger
	return directory.Open(c.base, &c.directory)
}

// services returns all ways in, in the order of the ready line.
func (c *config) services(ctx context.Context, base *directory.Base, access *sitelog.Access, ready *readiness, logger *slog.Logger) (services, error) {
	if c.certificates != nil {
		c.certificates.logTo(logger)
	}
	views := filestore.NewViews(base, base.Stores(), nil)
	var observer filestore.Observer
	if access != nil {
		access.ClientAddr = c.trustedProxies.ClientAddr
		observer = access
	}
	shown := &pages.Pages{Location: c.directory.TimeZone} // its sessions outlive a change of the settings
	site, err := watchSite(base, logger, func(settings directory.HTTPSettings) *httpsite.Handler {
		return &httpsite.Handler{
			Views: views, MaxBody: settings.MaxBody, NoBasicAuth: settings.NoBasicAuth, NoDigestAuth: settings.NoDigestAuth,
			RequireTLS: c.httpRequireTLS, Types: settings.Types,
			Prefix: c.httpPrefix, ClientAddr: c.trustedProxies.ClientAddr, Pages: shown,
			Next: c.besideSites(views, settings, ready, logger), Observer: observer, Logger: logger.With("service", "http"),
		}
	})
	if err != nil {
		return nil, usageError{err}
	}
	warnOfTFTPUser(ctx, base, c.tftp, logger)
	web := &httpsite.Server{Handler: site, TLSConfig: c.tls, ErrorLog: sitelog.ErrorLog(logger.With("service", "http"))}
	if access != nil {
		web.Handler = access.Handler(site)
	}
	ftp := c.newFTP(views, observer, logger)
	tftp := &tftpsite.Server{Views: views, Storage: c.tftpStorage, AllowWrite: c.tftpWrite, MaxWindowSize: c.tftpWindow, Observer: observer, Logger: logger.With("service", "tftp")}
	cli := &clisite.Server{Views: views, TLSConfig: c.tls, Observer: observer, Logger: logger.With("service", "cli")}
	ftps := newStreamService("ftps", c.ftps, ftp.ServeTLS, ftp.Shutdown, ftpsite.ErrServerClosed)
	clis := newStreamService("clis", c.clis, cli.ServeTLS, cli.Shutdown, clisite.ErrServerClosed)
	ftps.rare, clis.rare = true, true
	return services{
		newStreamService("http", c.http, web.Serve, web.Shutdown, http.ErrServerClosed),
		newStreamService("https", c.https, web.ServeTLS, web.Shutdown, http.ErrServerClosed),
		newStreamService("ftp", c.ftp, ftp.Serve, ftp.Shutdown, ftpsite.ErrServerClosed),
		newPacketService("tftp", c.tftp, tftp.Serve, tftp.Shutdown, tftpsite.ErrServerClosed),
		newStreamService("cli", c.cli, cli.Serve, cli.Shutdown, clisite.ErrServerClosed),
		ftps,
		clis,
	}, nil
}

func newStreamService(name, addr string, serve func(net.Listener) error, shutdown func(context.Context) error, closed error) *service {
	s := &service{name: name, addr: addr, shutdown: shutdown, closed: closed}
	var l net.Listener
	s.listen = func(addr string) (_ net.Addr, err error) {
		if l, err = net.Listen("tcp", addr); err != nil {
			return nil, err
		}
		return l.Addr(), nil
	}
	s.serve = func() error { return serve(l) }
	s.close = func() error { return l.Close() }
	return s
}

func newPacketService(name, addr string, serve func(net.PacketConn) error, shutdown func(context.Context) error, closed error) *service {
	s := &service{name: name, addr: addr, shutdown: shutdown, closed: closed}
	var pc net.PacketConn
	s.listen = func(addr string) (_ net.Addr, err error) {
		if pc, err = net.ListenPacket("udp", addr); err != nil {
			return nil, err
		}
		return pc.LocalAddr(), nil
	}
	s.serve = func() error { return serve(pc) }
	s.close = func() error { return pc.Close() }
	return s
}

// warnOfTFTPUser: TFTP knows no passwords, so what tftpuser may do anybody
// may.
func warnOfTFTPUser(ctx context.Context, base *directory.Base, addr string, logger *slog.Logger) {
	user := "tftpuser@" + base.MainDomain()
	if _, err := base.Account(ctx, user); addr == "" || err != nil {
		return
	}
	if role, err := base.Role(ctx, filestore.Caller{Account: user, Limited: true}, ""); err == nil && role == filestore.Administrator {
		logger.Warn("tftpuser is an administrator: every TFTP client reads the private files of all accounts")
	}
}

// listen opens all listeners that are on, and returns the ready line.
func (ss services) listen() (ready string, err error) {
	ready = "ready"
	for _, s := range ss {
		where := "off"
		if s.addr != "" {
			if s.bound, err = s.listen(s.addr); err != nil {
				return "", errors.Join(fmt.Errorf("-%s: %w", s.name, err), ss.stop())
			}
			where = s.bound.String()
		} else if s.rare {
			continue
		}
		ready += " " + s.name + "=" + where
	}
	return ready, nil
}

// stop closes the listeners that are open and not yet served.
func (ss services) stop() error {
	var failed error
	for _, s := range ss {
		if s.bound != nil {
			failed = errors.Join(failed, s.close())
		}
	}
	return failed
}

// run serves until ctx ends or a service fails, then ends all of them.
func (ss services) run(ctx context.Context, logger *slog.Logger) error {
	var serving, ending sync.WaitGroup
	failed := make(chan error, len(ss))
	for _, s := range ss {
		if s.bound == nil {
			continue
		}
		serving.Go(func() {
			if err := s.serve(); !errors.Is(err, s.closed) {
				failed <- fmt.Errorf("%s: %w", s.name, err)
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	logger.Info("shutting down")
	deadline, stop := context.WithTimeout(context.Background(), grace)
	defer stop()
	for _, s := range ss {
		ending.Go(func() {
			if err := s.shutdown(deadline); err != nil {
				logger.Warn("cut what was running", "service", s.name, "err", err)
			}
		})
	}
	ending.Wait()
	serving.Wait()
	return err
}
