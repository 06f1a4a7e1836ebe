package pgstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/cgpkit/cgpkit/filestore"
)

// fault is an error of the database, and no decision of ours.
type fault struct{ error }

func (f fault) Unwrap() error { return f.error }

// lostError: whether a change was made could not be found out.
type lostError struct{ error }

func (e lostError) Error() string {
	return fmt.Sprintf("%v, and it is not known whether the change was made: %v", filestore.ErrUnavailable, e.error)
}

func (e lostError) Unwrap() error { return filestore.ErrUnavailable }

// Codes of errors (PostgreSQL, Appendix A).
const (
	serialization       = "40001"
	deadlock            = "40P01"
	readOnlyTransaction = "25006"
	diskFull            = "53100"
	denied              = "42501"
)

// code returns the code of an error that the database has told; "": none.
func code(err error) string {
	var told *pgconn.PgError
	if errors.As(err, &told) {
		return told.Code
	}
	return ""
}

// temporary reports whether what failed with a code is worth another try: the server goes
// down or comes up (57P), is full (53), cannot write any more (25006), or two changes were in
// each other's way.
func temporary(code string) bool {
	switch code {
	case serialization, deadlock, readOnlyTransaction:
		return true
	case diskFull:
		return false
	}
	return strings.HasPrefix(code, "57P") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "08")
}

// ambiguous reports whether a commit that failed may have been made: a server that is alive
// and refuses has not made it.
func ambiguous(err error) bool {
	var told *pgconn.PgError
	if errors.As(err, &told) {
		return strings.HasPrefix(told.Code, "57P") || strings.HasPrefix(told.Code, "08")
	}
	var f fault
	return errors.As(err, &f)
}

// retry makes attempts until one ends with anything but a fault that may pass, or time is up.
// After Close that is at once.
func (s *Stores) retry(ctx context.Context, attempt func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for wait := backoff(0); ; {
		err := attempt(bounded)
		var f fault
		if !errors.As(err, &f) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if s.lifetime.Err() != nil {
			return fs.ErrClosed
		}
		if told := code(err); told != "" && !temporary(told) {
			return permanent(told, err)
		} else if told == readOnlyTransaction {
			s.pool.Reset() // another server can write now
		}
		if !wait.sleep(bounded) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return unavailable(err)
		}
	}
}

// permanent is the error of a fault that does not pass by itself.
func permanent(told string, err error) error {
	switch {
	case told == diskFull:
		return fmt.Errorf("%w: database: %v", filestore.ErrDiskFull, err)
	case told == denied:
		return fmt.Errorf("%w: database: %v", filestore.ErrHostDenied, err)
	case strings.HasPrefix(told, "28"), told == "3D000": // the login, or no such database
		return unavailable(err)
	}
	return fmt.Errorf("database: %v", err)
}

// unavailable hides what an error was, so that nobody takes it for a decision about a name.
func unavailable(err error) error {
	return fmt.Errorf("%w: %v", filestore.ErrUnavailable, err)
}

// backoff is the time to wait before the next attempt, half of it by chance.
type backoff time.Duration

// sleep waits longer each time. It returns false if ctx ends before that.
func (b *backoff) sleep(ctx context.Context) bool {
	*b = min(max(2*(*b), backoff(2*time.Millisecond)), backoff(time.Second))
	timer := time.NewTimer(time.Duration(*b/2) + rand.N(time.Duration(*b/2)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
