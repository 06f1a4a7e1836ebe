// Command server is the reference server of the suite: it shows the file
// storages of a CommuniGate Pro base directory over HTTP, FTP, TFTP and the
// command line interface. Without -base it makes a demo base to play with.
//
//	go run ./examples/server
//	go run ./examples/server -base /var/CommuniGate -http :8100 -ftp :21
//
// When all listeners are open it prints one line on standard output, with the
// addresses it really has:
//
//	ready http=127.0.0.1:8100 https=off ftp=127.0.0.1:8121 tftp=127.0.0.1:8169 cli=127.0.0.1:8106
//
// With check as its first word it serves nothing. It goes through the base
// directory, which it does not change, and prints a line for everything that is
// wrong in it: PATH: text. Status 1 tells that there was something.
//
//	go run ./examples/server check -base /var/CommuniGate
//
// With recount as its first word it counts what the storages of the accounts that
// are named behind the flags hold, or those of all accounts, and prints a line for
// each whose usage was wrong. While a server has the storages it refuses; that
// server does the same for all accounts on SIGUSR1, and tells it in its log.
//
//	go run ./examples/server recount -base /var/CommuniGate john@client1.com
//
// With -store the storages are in a PostgreSQL database, and with -store-s3 large files in S3:
// any number of servers, each with the same base directory, show the same files. Their database
// is made, and brought up to date, by
//
//	go run ./examples/server store migrate -store postgres://cgpkit@db/cgpkit
//
// Import moves the storages of a base directory into the database, those of the accounts that
// are named behind the flags or all, and export moves them back. Each file is read again and
// compared. What is the same already stays, so a run that was cut goes on, and another run
// takes what has changed, while a server still uses the base directory or once it does not.
//
//	go run ./examples/server store import -base /var/CommuniGate -store postgres://cgpkit@db/cgpkit
//
// /readyz tells by HTTP whether the storages can be reached: 200 or 503.
//
// Everything else goes to standard error. SIGTERM and SIGINT end it: transfers
// that run may end, what is left after ten seconds is cut, the demo base is
// removed unless -demo has said where to keep it, and the exit status is 0. SIGHUP ends nothing, and opens the file of
// -access-log again. Bad flags and a broken base directory give one line and status
// 2, other faults one line and status 1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"unicode"

	"github.com/cgpkit/cgpkit/sitelog"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// What the server keeps is little: without this the collector would look through all
	// that is linked into it for every 4 MB that requests use. Nobody touches it, so it takes
	// no memory itself; there may be as much waste more before the collector runs.
	ballast := make([]byte, 32<<20)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	runtime.KeepAlive(ballast)
	os.Exit(status)
}

// version is what the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "server, of unknown version"
	}
	text := "server " + info.Main.Version + " " + info.GoVersion
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			text += " " + setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			text += " modified"
		}
	}
	return text
}

// oneLine keeps what the command line holds from making several lines of an error.
func oneLine(err error) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, strings.ReplaceAll(err.Error(), "\n", "; "))
}

// usageError is a fault of the command line or of the base directory.
type usageError struct{ error }

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var found int
	var err error
	switch word, rest := firstWord(args); word {
	case "check":
		found, err = checkBase(ctx, rest, stdout, stderr)
	case "recount":
		found, err = recount(ctx, rest, stdout, stderr)
	case "store":
		found, err = storeCommand(ctx, rest, stdout, stderr)
	default:
		err = serve(ctx, args, stdout, stderr)
	}
	var usage usageError
	switch {
	case err == nil && found > 0:
		return 1
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "server: %s\n", oneLine(err))
		return 2
	}
	fmt.Fprintf(stderr, "server: %s\n", oneLine(err))
	return 1
}

func firstWord(args []string) (word string, rest []string) {
	if len(args) == 0 {
		return "", nil
	}
	return args[0], args[1:]
}

func serve(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	c, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	if c.version {
		_, err := fmt.Fprintln(stdout, version())
		return err
	}
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	defer signal.Stop(hangUp)
	handler := c.logHandler(stderr)
	defer handler.Close()
	logger := slog.New(handler)
	access, accessFile, err := c.openAccessLog(stderr)
	if err != nil {
		return err
	}
	if accessFile != nil {
		defer accessFile.Close()
	}
	ready := &readiness{log: logger}
	if c.store != "" {
		if ready.stores, err = c.openStores(ctx, logger); err != nil {
			return usageError{err}
		}
		defer func() { err = errors.Join(err, ready.stores.Close()) }()
		c.directory.Stores = ready.stores
	}
	var d *demo
	if c.base == "" {
		if d, err = newDemo(c.demo); err != nil {
			return usageError{fmt.Errorf("make a demo base: %w", err)}
		}
		defer func() { err = errors.Join(err, d.remove()) }()
		c.base = d.dir
		if c.tftpStorage == "" {
			c.tftpStorage = "john"
		}
	}
	base, err := c.open(logger)
	if err != nil {
		return usageError{err}
	}
	defer func() { err = errors.Join(err, base.Close()) }()
	if err := base.Claim(); err != nil {
		return usageError{err}
	}
	signals, stopSignals := recountSignals()
	counting, stopCounting := context.WithCancel(ctx)
	var counter sync.WaitGroup
	counter.Go(func() { recountOnSignal(counting, signals, base, logger) })
	defer counter.Wait()
	defer stopCounting()
	defer stopSignals()
	services, err := c.services(ctx, base, access, ready, logger)
	if err != nil {
		return err
	}
	line, err := services.listen()
	if err != nil {
		return err
	}
	if d != nil {
		d.describe(stderr, services)
	}
	if _, err := fmt.Fprintln(stdout, line); err != nil {
		return errors.Join(err, services.stop())
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case <-hangUp:
				accessFile.reopen(logger)
			case <-ended:
				return
			}
		}
	}()
	return services.run(ctx, logger)
}

// logHandler returns the log that the flags ask for, kept in bounds.
func (c *config) logHandler(w io.Writer) *sitelog.Handler {
	o := &slog.HandlerOptions{Level: c.logLevel}
	var out slog.Handler = slog.NewTextHandler(w, o)
	if c.logJSON {
		out = slog.NewJSONHandler(w, o)
	}
	return sitelog.New(out, nil)
}
