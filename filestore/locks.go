package filestore

import (
	"context"
	"time"
)

// Bounds of locks. Our choice.
const (
	// MaxLockTimeout is the longest time that a lock lasts without being refreshed.
	MaxLockTimeout = time.Hour
	// MaxLockText bounds the Text of a lock, in bytes.
	MaxLockText = 4096
)

// Locks is an addition to [Store]: write locks as WebDAV has them (RFC 4918 §6,
// §7). A store that has them checks them in the same step as each change, whoever
// makes it and by whatever protocol, and refuses what lacks a token with a
// *LockedError. Package locktable does the work for any store.
//
// A change needs the tokens ([Precondition].Tokens) of the locks that cover what it
// changes: of an exclusive one its token, of shared ones the token of any. A
// lock covers its name, and a deep one all below it. What is changed is
//
//   - the file that Create writes, or the entry whose sidecar is set;
//   - for what appears, goes or moves, also the directory that holds it: its lock
//     covers the names in it, even if it is not deep;
//   - for what is removed, moved or replaced, also all below it.
//
// A sidecar is covered by all locks that cover its entry, and by one of its own
// name, X.meta.
//
// Locks of what is removed, moved or replaced by Rename or Copy end. A copy has none.
// A file that Create replaces keeps its lock.
type Locks interface {
	// Lock makes a lock of name, which need not be there, with a new token. Of l it
	// takes Shared, Deep, Owner and Text. A timeout of 0, or above MaxLockTimeout, is
	// MaxLockTimeout. Another lock in the way gives a *LockedError, a text above
	// MaxLockText fs.ErrInvalid, and too many locks a *LimitError.
	Lock(ctx context.Context, name string, l Lock, timeout time.Duration) (Lock, error)
	// RefreshLock lets the lock with this token last for another timeout. name is
	// one that it covers. fs.ErrNotExist: there is no such lock of this owner.
	RefreshLock(ctx context.Context, name, token, owner string, timeout time.Duration) (Lock, error)
	// Unlock ends the lock with this token. name and errors are those of RefreshLock.
	Unlock(ctx context.Context, name, token, owner string) error
	// Locks returns the locks that cover name, and with below also those of all
	// below it, by name.
	Locks(ctx context.Context, name string, below bool) ([]Lock, error)
}

// Lock is a write lock (RFC 4918 §6). Use field names.
type Lock struct {
	// Token is an absolute URI that nobody can guess (RFC 4918 §6.5).
	Token string
	// Name is the root of the lock.
	Name string
	// Shared tells that others may have shared locks of the same.
	Shared bool
	// Deep locks all below a directory too (Depth: infinity).
	Deep bool
	// Owner is the account that made the lock. Only it can use the token.
	Owner string
	// Text is what the client says of its owner, as XML, kept as it came.
	Text string
	// Expires is when the lock ends unless it is refreshed.
	Expires time.Time
}
