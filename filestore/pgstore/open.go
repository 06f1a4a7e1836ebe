package pgstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/cgpkit/cgpkit/filestore"
)

// Config says where the storages are. Use field names.
type Config struct {
	// Database is a URL or a list of settings, as libpq takes them
	// (postgres://user@host/database). With several hosts that is used which can write.
	// pool_max_conns bounds the connections; 16 if it is missing.
	Database string
	// S3 is where contents above Inline bytes are kept. nil: in the database.
	S3 *S3
	// Inline is the size in bytes up to which the content of a file is kept in its row.
	// 0: DefaultInline; at most MaxInline. Less than 0: none but the empty one.
	Inline int64
	// Timeout bounds each call, but for the time in which contents are sent. What cannot be
	// done by then gives filestore.ErrUnavailable; a tree that cannot be copied or removed
	// in that time needs a longer one. 0: 30 seconds.
	Timeout time.Duration
	// Grace is how long a content is kept that nothing refers to. 0: an hour. All servers
	// should have the same.
	Grace time.Duration
	// Log is told of what goes wrong behind the back of callers. nil: nobody is.
	Log *slog.Logger
}

// Bounds of Config.Inline, in bytes.
const (
	DefaultInline = 64 << 10
	MaxInline     = 1 << 20
)

const (
	defaultTimeout  = 30 * time.Second
	defaultGrace    = time.Hour
	defaultMaxConns = 16
)

// Stores are the storages of all accounts. It is a [filestore.Stores] with
// [filestore.Mounts], and safe for concurrent use. Make one with [Open].
type Stores struct {
	pool     *pgxpool.Pool
	places   [2]place // by number; nil: not set up
	inline   int64
	timeout  time.Duration
	grace    time.Duration
	log      *slog.Logger
	keeper   keeper
	turns    turns
	stop     context.CancelFunc
	stopped  sync.WaitGroup
	lifetime context.Context // of what goes on without a caller
}

var (
	_ filestore.Stores = (*Stores)(nil)
	_ filestore.Mounts = (*Stores)(nil)
)

// Open opens the storages of a database that [Migrate] has prepared. A schema of another
// version is an error, and so is a database or a bucket that cannot be reached. Contents
// that are not needed any more are removed until Close.
func Open(ctx context.Context, c Config) (*Stores, error) {
	s := &Stores{
		inline:  min(cmp.Or(c.Inline, DefaultInline), MaxInline),
		timeout: cmp.Or(max(0, c.Timeout), defaultTimeout),
		grace:   cmp.Or(max(0, c.Grace), defaultGrace),
		log:     cmp.Or(c.Log, slog.New(slog.DiscardHandler)),
	}
	pool, err := connect(ctx, c.Database)
	if err != nil {
		return nil, err
	}
	s.pool = pool
	s.places[inChunks] = chunks{s}
	if c.S3 != nil {
		if s.places[inS3], err = newBucket(s, *c.S3); err != nil {
			pool.Close()
			return nil, err
		}
	}
	if err := s.Ready(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	s.lifetime, s.stop = context.WithCancel(context.Background())
	s.stopped.Go(s.keep)
	s.stopped.Go(s.sweepOften)
	return s, nil
}

// connect opens the connections to a database, without having any yet.
func connect(ctx context.Context, database string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(database)
	var missing *fs.PathError // a certificate, for example
	if errors.As(err, &missing) {
		return nil, fmt.Errorf("settings of the database: %w", missing)
	}
	if err != nil { // whose text may repeat a password
		return nil, errors.New("settings of the database are neither a URL nor a list as libpq takes it")
	}
	settings, err := pgconn.ParseConfigWithOptions(database, pgconn.ParseConfigOptions{})
	if err == nil && settings.RuntimeParams["pool_max_conns"] == "" {
		config.MaxConns = defaultMaxConns
	}
	if config.ConnConfig.ValidateConnect == nil { // after a failover, the one that can write
		config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return pool, nil
}

// Close ends all connections. Stores and uploads that are still used fail afterwards with
// fs.ErrClosed. It is for the program that has called Open.
func (s *Stores) Close() error {
	s.stop()
	s.stopped.Wait()
	s.pool.Close()
	return nil
}

// Ready returns an error unless the database and the bucket answer, and the schema is the one
// that this package knows. It is what a health check asks.
func (s *Stores) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := checkVersion(ctx, s.pool); err != nil {
		return err
	}
	if s.places[inS3] != nil {
		return s.places[inS3].ready(ctx)
	}
	return nil
}

// Store implements [filestore.Stores]. An account has a storage from its first file on.
func (s *Stores) Store(_ context.Context, account string) (filestore.Store, error) {
	return &Store{s, account}, nil
}

// Mount implements [filestore.Mounts]. Every mount is there, from its first file on.
func (s *Stores) Mount(_ context.Context, domain, name string) (filestore.Store, error) {
	if !strings.HasPrefix(name, "$Domain") {
		domain = ""
	}
	return &Store{s, domain + "/" + name}, nil // no address has a slash
}

// Store is the storage of one account: a [filestore.Store] with [filestore.Locks],
// [filestore.Notebook] and [filestore.Rescanner]. It is safe for concurrent use, and holds nothing itself.
type Store struct {
	*Stores
	account string
}

var (
	_ filestore.Store     = (*Store)(nil)
	_ filestore.Locks     = (*Store)(nil)
	_ filestore.Notebook  = (*Store)(nil)
	_ filestore.Rescanner = (*Store)(nil)
)
