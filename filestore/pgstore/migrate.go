package pgstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed schema.sql
var schema string

// schemaVersion is the version of schema.sql.
const schemaVersion = 1

// ErrSchema: the database has no schema of this package, or one of another version.
var ErrSchema = errors.New("schema is not the one of this version")

// Migrate prepares a database, or brings it to the schema of this version. Where there is
// nothing to do it does nothing; a newer schema is an ErrSchema. It is one transaction, needs
// the right to make tables, and servers may run meanwhile.
func Migrate(ctx context.Context, database string) error {
	pool, err := connect(ctx, database)
	if err != nil {
		return err
	}
	defer pool.Close()
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		found, err := version(ctx, tx)
		switch {
		case err != nil:
			return fmt.Errorf("migrate: %w", err)
		case found == schemaVersion:
			return nil
		case found > schemaVersion:
			return wrongVersion(found)
		}
		if _, err := tx.Exec(ctx, schema); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		return nil
	})
}

// querier is a connection or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// version returns the version of the schema that is there; 0: none.
func version(ctx context.Context, q querier) (found int, err error) {
	var table *string
	if err := q.QueryRow(ctx, "SELECT to_regclass('schema_version')::text").Scan(&table); err != nil || table == nil {
		return 0, err
	}
	err = q.QueryRow(ctx, "SELECT max(version) FROM schema_version").Scan(&found)
	return found, err
}

// checkVersion demands the schema of this version.
func checkVersion(ctx context.Context, pool *pgxpool.Pool) error {
	found, err := version(ctx, pool)
	if err != nil {
		var told *pgconn.PgError
		if errors.As(err, &told) && !temporary(told.Code) {
			return fmt.Errorf("read the version of the schema: %w", err)
		}
		return unavailable(err)
	}
	if found != schemaVersion {
		return wrongVersion(found)
	}
	return nil
}

func wrongVersion(found int) error {
	switch {
	case found == 0:
		return fmt.Errorf("%w: there is none yet: migrate the database", ErrSchema)
	case found < schemaVersion:
		return fmt.Errorf("%w: it is %d and has to be %d: migrate the database", ErrSchema, found, schemaVersion)
	}
	return fmt.Errorf("%w: it is %d, newer than %d: update this program", ErrSchema, found, schemaVersion)
}
