package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore/pgstore"
)

// openStores opens the storages that -store names, which are shared with other servers.
func (c *config) openStores(ctx context.Context, logger *slog.Logger) (*pgstore.Stores, error) {
	stores, err := pgstore.Open(ctx, pgstore.Config{Database: c.store, S3: c.bucket, Timeout: c.storeTimeout, Log: logger})
	if err != nil {
		return nil, fmt.Errorf("-store: %w", err)
	}
	return stores, nil
}

// storeCommand does what the word behind "store" says. It returns how much of it failed.
func storeCommand(ctx context.Context, args []string, stdout, stderr io.Writer) (failed int, err error) {
	switch word, rest := firstWord(args); word {
	case "migrate":
		return 0, migrate(ctx, rest, stdout, stderr)
	case "import", "export":
		return move(ctx, word, rest, stdout, stderr)
	}
	return 0, usageError{errors.New("store: what to do is migrate, import or export (server -h lists the flags)")}
}

// migrate makes the tables of a database, or brings them up to date.
func migrate(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	if c.store == "" {
		return usageError{errors.New("store migrate needs -store")}
	}
	if err := pgstore.Migrate(ctx, c.store); err != nil {
		return fmt.Errorf("-store: %w", err)
	}
	_, err = fmt.Fprintln(stdout, "the database is ready")
	return err
}

// readiness answers whether the storages can be reached, to whoever distributes requests among
// servers. It asks them once a second at most, however often it is asked.
type readiness struct {
	stores *pgstore.Stores // nil: nothing is across a network
	log    *slog.Logger

	mu    sync.Mutex // guards what follows
	asked time.Time
	err   error
}

const readyFor = time.Second

func (r *readiness) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.check() != nil {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "ready\n")
}

func (r *readiness) check() error {
	if r.stores == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) < readyFor {
		return r.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := r.stores.Ready(ctx)
	if (err == nil) != (r.err == nil) {
		r.log.Warn("readiness of the storages has changed", "err", err)
	}
	r.err, r.asked = err, time.Now()
	return err
}
