package ldb

import (
	"cmp"
	"crypto/tls"
	"slices"
	"time"
)

// Options say how to use the server. A nil *Options is the zero value. Use field
// names: fields may be added.
type Options struct {
	// TLS is the configuration for ldaps: URLs and StartTLS; nil trusts the
	// authorities of the system. ServerName is set from Config.Server if it is
	// empty.
	TLS *tls.Config
	// StartTLS begins TLS before anything else is sent (RFC 4511 §4.14). A server
	// that refuses it is not used. With ldaps: URLs it does nothing.
	StartTLS bool
	// PlainBind lets a password go to a server without TLS. Otherwise it goes
	// there if the server is on the loopback interface only.
	PlainBind bool
	// Timeout limits each call, with the connecting that it needs; in All, each
	// page. 0 means 10 seconds.
	Timeout time.Duration
	// PageSize is the number of records that All asks for at once (RFC 2696). 0
	// means 500.
	PageSize int
	// MaxReply is the limit in bytes of what the server sends for one request; in
	// All, for one page. 0 means 64 MiB.
	MaxReply int64
	// ObjectClasses are the classes of a new entry, if its record has no field
	// objectClass. Nil means inetOrgPerson (RFC 2798): our choice, as the format
	// has no place for them.
	ObjectClasses []string
}

// orDefaults returns the options with the values that apply, and a copy of what
// the caller could change.
func (o *Options) orDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	c.Timeout = cmp.Or(max(c.Timeout, 0), 10*time.Second)
	c.PageSize = cmp.Or(min(max(c.PageSize, 0), 100_000), 500)
	c.MaxReply = cmp.Or(max(c.MaxReply, 0), 64<<20)
	c.ObjectClasses = slices.Clone(c.ObjectClasses)
	if len(c.ObjectClasses) == 0 {
		c.ObjectClasses = []string{"inetOrgPerson"}
	}
	return c
}
