package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

// errServing tells what to do while a server has the storages.
const errServing = "%w: a running server recounts all of them when it gets SIGUSR1"

// recount counts the storages of the accounts that are named, or of all, and
// prints those whose usage was wrong. It returns how many could not be counted.
func recount(ctx context.Context, args []string, stdout, stderr io.Writer) (failed int, err error) {
	c, accounts, err := parseAccounts(args, stderr, nil)
	if err != nil {
		return 0, err
	}
	if c.base == "" {
		return 0, usageError{errors.New("recount needs -base")}
	}
	if c.store != "" {
		shared, err := c.openStores(ctx, nil)
		if err != nil {
			return 0, usageError{err}
		}
		defer shared.Close()
		c.directory.Stores = shared
	}
	base, err := c.open(nil)
	if err != nil {
		return 0, usageError{err}
	}
	defer func() { err = errors.Join(err, base.Close()) }()
	if err := base.Claim(); err != nil {
		return 0, usageError{fmt.Errorf(errServing, err)}
	}
	for r, err := range base.Recount(ctx, accounts...) {
		switch {
		case ctx.Err() != nil:
		case err != nil:
			failed++
			fmt.Fprintf(stderr, "server: %s: %v\n", cmp.Or(r.Account, c.base), err)
		case r.Before != r.After:
			if _, err := fmt.Fprintf(stdout, "%s: %s, was %s\n", r.Account, holds(r.After), holds(r.Before)); err != nil {
				return failed, err
			}
		}
	}
	return failed, ctx.Err()
}

func holds(u filestore.Usage) string { return fmt.Sprintf("%d entries, %d bytes", u.Files, u.Bytes) }

// recountOnSignal counts all storages for each signal that comes, until ctx ends.
func recountOnSignal(ctx context.Context, signals <-chan os.Signal, base *directory.Base, logger *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
		}
		logger.Info("counting all storages")
		counted, wrong := 0, 0
		for r, err := range base.Recount(ctx) {
			switch {
			case ctx.Err() != nil:
			case err != nil:
				logger.Error("storage cannot be counted", "account", r.Account, "err", err)
			case r.Before != r.After:
				logger.Warn("usage of storage was wrong", "account", r.Account, "files", r.After.Files, "bytes", r.After.Bytes,
					"files_before", r.Before.Files, "bytes_before", r.Before.Bytes)
				wrong++
			}
			counted++
		}
		logger.Info("counted all storages", "count", counted, "wrong", wrong)
	}
}
