package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // visitors of freebusy.wssp choose time zones, on systems without a database as well

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/freebusy/weekpage"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/serving"
	"github.com/cgpkit/cgpkit/sitelog"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// grace is how long running transfers have when the server is told to end.
const grace = 10 * time.Second

// HTTP connections at any time, in all and from one address. The second leaves
// room for a proxy in front. For one more, one gives way on which nobody has logged
// in, one that waits for a request before the others.
const (
	maxConns        = 10_000
	maxConnsPerAddr = 1000
)

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
func (c *config) services(ctx context.Context, base *directory.Base, access *sitelog.Access, logger *slog.Logger) (services, error) {
	if c.certificates != nil {
		c.certificates.logTo(logger)
	}
	views := newViews(base)
	site, err := watchSite(base, logger, func() (*httpsite.Handler, error) {
		site, err := newSite(base, views, logger)
		if err != nil {
			return nil, err
		}
		site.Prefix, site.ClientAddr = c.httpPrefix, c.trustedProxies.ClientAddr
		return site, nil
	})
	if err != nil {
		return nil, usageError{err}
	}
	warnOfTFTPUser(ctx, base, c.tftp, logger)
	var web http.Handler = site
	var observer filestore.Observer
	if access != nil {
		access.ClientAddr = c.trustedProxies.ClientAddr
		web, observer = access.Handler(site), access
	}
	ftp := c.newFTP(views, observer, logger)
	tftp := &tftpsite.Server{Views: views, Storage: c.tftpStorage, AllowWrite: c.tftpWrite, MaxWindowSize: c.tftpWindow, Observer: observer, Logger: logger.With("service", "tftp")}
	cli := &clisite.Server{Views: views, Observer: observer, Logger: logger.With("service", "cli")}
	ftps := newStreamService("ftps", c.ftps, ftp.ServeTLS, ftp.Shutdown, ftpsite.ErrServerClosed)
	ftps.rare = true
	return services{
		newHTTPService("http", c.http, web, nil, logger),
		newHTTPService("https", c.https, web, c.tls, logger),
		newStreamService("ftp", c.ftp, ftp.Serve, ftp.Shutdown, ftpsite.ErrServerClosed),
		newPacketService("tftp", c.tftp, tftp.Serve, tftp.Shutdown, tftpsite.ErrServerClosed),
		newStreamService("cli", c.cli, cli.Serve, cli.Shutdown, clisite.ErrServerClosed),
		ftps,
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

// newHTTPService makes a service of a handler. A certificate in config makes
// it HTTPS.
func newHTTPService(name, addr string, handler http.Handler, config *tls.Config, logger *slog.Logger) *service {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	handler = refuseFaultyFraming(handler)
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			running.Add(1)
			defer running.Done()
			handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,

		DisableGeneralOptionsHandler: true, // OPTIONS has one answer, and it is the handler's
		ErrorLog:                     sitelog.ErrorLog(logger.With("service", name)),
		BaseContext:                  func(net.Listener) context.Context { return ctx },
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(watchedContext(ctx, conn), placeKey{}, serving.PlaceOf(conn))
		},
		ConnState: func(conn net.Conn, state http.ConnState) {
			serving.PlaceOf(conn).Busy(state == http.StateActive)
		},
	}
	if config != nil {
		config = config.Clone()
		config.NextProtos = []string{"h2", "http/1.1"}
		server.Protocols = new(http.Protocols)
		server.Protocols.SetHTTP1(true)
		server.Protocols.SetUnencryptedHTTP2(true) // what is in TLS is not encrypted once more
	}
	serve := func(l net.Listener) error {
		return server.Serve(watchListener{serving.Limit(l, maxConns, maxConnsPerAddr), config})
	}
	shutdown := func(grace context.Context) error {
		defer cancel()
		err := server.Shutdown(grace)
		if err != nil {
			cancel() // what still runs ends without a result,
			err = errors.Join(err, server.Close())
			running.Wait() // and is waited for: an upload removes what it staged
		}
		return err
	}
	return newStreamService(name, addr, serve, shutdown, http.ErrServerClosed)
}

// placeKey is the key of a connection's place in the context of its requests.
type placeKey struct{}

// newViews makes what all ways in share.
func newViews(base *directory.Base) *filestore.Views {
	return filestore.NewViews(places{base}, nil)
}

// places is the base directory, where whoever logs in by HTTP keeps the place of
// their connection.
type places struct{ *directory.Base }

func (d places) Login(ctx context.Context, c filestore.Credentials) (filestore.Caller, error) {
	caller, err := d.Base.Login(ctx, c)
	if place, ok := ctx.Value(placeKey{}).(*serving.Place); ok && err == nil {
		place.Trust(true)
	}
	if err == nil {
		sitelog.LoggedIn(ctx, caller.Account)
	}
	return caller, err
}

// newSite makes the HTTP handler, with the settings of the HTTP User module.
func newSite(base *directory.Base, views *filestore.Views, logger *slog.Logger) (*httpsite.Handler, error) {
	site := &httpsite.Handler{
		Views: views, Types: map[string]string{}, FreeBusyPage: weekpage.Page{}.Write, Logger: logger.With("service", "http"),
	}
	settings, err := base.ServerSettings("HTTPU")
	if err != nil {
		return nil, err
	}
	if v, ok := settings.Get("HTTPRequestSizeLimit"); ok {
		limit, err := directory.ParseSize(v)
		if err != nil {
			return nil, fmt.Errorf("HTTPU.settings: HTTPRequestSizeLimit: %w", err)
		}
		if limit != filestore.Unlimited {
			site.MaxBody = limit
		}
	}
	if v, ok := settings.Get("AdvertiseBasicAUTH"); ok {
		on, err := directory.ParseBool(v)
		if err != nil {
			return nil, fmt.Errorf("HTTPU.settings: AdvertiseBasicAUTH: %w", err)
		}
		if site.NoBasicAuth = !on; !on {
			logger.Warn("AdvertiseBasicAUTH is NO, and HTTP has no other login here: nobody can log in by HTTP")
		}
	}
	if v, ok := settings.Get("FileExtensions"); ok {
		for extension, contentType := range v.Pairs() {
			if t := contentType.Text(); httpsite.ValidType(t) {
				site.Types[strings.ToLower(strings.TrimPrefix(extension, "."))] = t
			} else {
				logger.Warn("ignored a content type of HTTPU.settings", "extension", extension, "type", t)
			}
		}
	}
	return site, nil
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
