// Package othername is for stores whose calls have two names, as Rename has, and whose
// errors may be about either.
package othername

import "errors"

// about is an error about another name than the first that the caller gave.
type about struct {
	error
	name string
}

func (e about) Unwrap() error { return e.error }

// Of says that an error is about this name. No error stays none.
func Of(name string, err error) error {
	if err == nil {
		return nil
	}
	return about{err, name}
}

// Take returns the name that an error is about, first unless Of says otherwise, and the
// error without that.
func Take(first string, err error) (name string, _ error) {
	var other about
	if errors.As(err, &other) {
		return other.name, other.error
	}
	return first, err
}
