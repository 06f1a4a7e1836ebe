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
// Everything else goes to standard error. SIGTERM and SIGINT end it: transfers
// that run may end, what is left after ten seconds is cut, and the exit status
// is 0. Bad flags and a broken base directory give one line and status 2,
// other faults one line and status 1.
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
	"sync"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// usageError is a fault of the command line or of the base directory.
type usageError struct{ error }

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var found int
	var err error
	switch word, rest := firstWord(args); word {
	case "check":
		found, err = check(ctx, rest, stdout, stderr)
	case "recount":
		found, err = recount(ctx, rest, stdout, stderr)
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
		fmt.Fprintf(stderr, "server: %v\n", err)
		return 2
	}
	fmt.Fprintf(stderr, "server: %v\n", err)
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
	logger := c.logger(stderr)
	var d *demo
	if c.base == "" {
		if d, err = newDemo(); err != nil {
			return fmt.Errorf("make a demo base: %w", err)
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
	services, err := c.services(ctx, base, logger)
	if err != nil {
		return err
	}
	ready, err := services.listen()
	if err != nil {
		return err
	}
	if d != nil {
		d.describe(stderr, services)
	}
	if _, err := fmt.Fprintln(stdout, ready); err != nil {
		return errors.Join(err, services.stop())
	}
	return services.run(ctx, logger)
}

// logger returns the log that the flags ask for.
func (c *config) logger(w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.logLevel}
	if c.logJSON {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
