package filestore

import "io/fs"

// Precondition must hold of a name when it is changed. The store checks it in the
// same step as the change. The zero value demands nothing. Use field names.
type Precondition struct {
	// ETag, if not empty, is the entity tag that must be there, else ErrChanged. A
	// directory has none.
	ETag string
	// Exists demands that something is there, else ErrChanged.
	Exists bool
	// Absent demands that nothing is there, else fs.ErrExist.
	Absent bool
	// Tokens are the lock tokens that a client has submitted.
	Tokens []string
	// Owner is the account that has submitted them: they count only for locks of
	// the same [Lock].Owner. A View sets it.
	Owner string
}

// Check returns the error of whatever is demanded of what is there, but for locks.
// It is for stores: there tells whether something has the name, and tag is its
// entity tag.
func (p Precondition) Check(there bool, tag string) error {
	switch {
	case there && p.Absent:
		return fs.ErrExist
	case !there && (p.Exists || p.ETag != ""), p.ETag != "" && p.ETag != tag:
		return ErrChanged
	}
	return nil
}
