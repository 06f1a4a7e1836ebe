package ldb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/go-ldap/ldap/v3"
)

// Table is a table that an LDAP server keeps. Open makes one; it is safe for
// concurrent use. Each method asks the server; nothing is cached.
//
// A record is a dictionary with the names of the fields, which are attributes. An
// attribute without a value is an empty string, and one with several an array; a
// value that is not UTF-8, or of an attribute with the option ;binary, is a
// datablock. Its key is the first field: the server
// compares it as it does the attribute, often without regard to case. How
// requests become those of LDAP is our choice: a record is searched for in the
// whole tree below SearchBase, but changed only where Put makes it, as the entry
// <first field>=<key>,<SearchBase>. Referrals are not followed.
//
// A call that finds its connection broken makes a new one, and the others are
// not disturbed. At most 8 calls are made at once, each on a connection of its
// own; iterations come on top. Errors do not show the password.
type Table struct {
	config Config
	o      Options
	server *url.URL
	dial   func(ctx context.Context, host string) (net.Conn, error)
	calls  chan struct{} // has an element for each call
	pool   pool
}

// Open returns the table that a description tells of. A nil o is the zero
// Options. The server is not asked yet. The error is that of [Parse] for the same
// description, or tells that SearchBase is no DN, or that there is a LoginName
// without a password, which a server would take for nobody (RFC 4513 §5.1.2).
func Open(c Config, o *Options) (*Table, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	server, err := parseServer(c.Server)
	if err != nil {
		return nil, fmt.Errorf("ldb: Server: %w", err)
	}
	if _, err := ldap.ParseDN(c.SearchBase); err != nil {
		return nil, errors.New("ldb: SearchBase: no distinguished name")
	}
	if c.LoginName != "" && c.LoginPassword == "" {
		return nil, errors.New("ldb: LoginName without LoginPassword")
	}
	c.Fields = slices.Clone(c.Fields)
	return &Table{config: c, o: o.orDefaults(), server: server, dial: dial, calls: make(chan struct{}, maxCalls)}, nil
}

// OpenFile returns the table that the description in a file tells of. The error is
// fs.ErrNotExist if there is no file, else that of [Parse] or [Open].
func OpenFile(path string, o *Options) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("ldb: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("ldb: %w", err)
	}
	config, err := Parse(text)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return Open(config, o)
}

// Fields returns the names of the fields in their order.
func (t *Table) Fields() []string { return slices.Clone(t.config.Fields) }

var (
	errNoRecord  = fmt.Errorf("no record of this key: %w", fs.ErrNotExist)
	errSeveral   = errors.New("several entries have this key")
	errSpelled   = fmt.Errorf("the record of this key has it in another spelling, which the server takes for the same: %w", fs.ErrInvalid)
	errOtherName = errors.New("the server has another name for an attribute among Fields")
	errElsewhere = errors.New("the entry of this key has another name than <first field>=<key>,<SearchBase>")
)

// isOurs reports whether err is what this package makes of an answer.
func isOurs(err error) bool {
	return err == errNoRecord || err == errSeveral || err == errSpelled || err == errOtherName || err == errElsewhere
}

// Get returns the record of a key. The error is fs.ErrNotExist if there is none.
// Several entries with this key are an error.
func (t *Table) Get(ctx context.Context, key string) (cgpdata.Value, error) {
	if key == "" {
		return cgpdata.Value{}, explain("get", errNoRecord)
	}
	var record cgpdata.Value
	err := t.do(ctx, "get", func(c *conn) error {
		result, err := c.ldap.Search(t.search(key, 2, t.config.Fields...))
		switch {
		case err == nil && len(result.Entries) == 0:
			return errNoRecord
		case err == nil && len(result.Entries) > 1, ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded):
			return errSeveral
		case err != nil:
			return err
		}
		record, err = t.recordOf(result.Entries[0])
		return err
	})
	return record, err
}

// maxEmptyPages is how often the server may say in a row that there is more
// without sending any of it.
const maxEmptyPages = 100

// All yields the records in the order of the server, a page of them at a time. A
// change that is made meanwhile may or may not show. If the server goes away the
// error is the last thing that is yielded: what came before it is whole.
func (t *Table) All(ctx context.Context) iter.Seq2[cgpdata.Value, error] {
	return func(yield func(cgpdata.Value, error) bool) {
		if err := t.pages(ctx, func(record cgpdata.Value) bool { return yield(record, nil) }); err != nil {
			yield(cgpdata.Value{}, explain("iterate", err))
		}
	}
}

// pages fetches page by page and yields the records, until yield returns false.
// The pages are a matter of one connection (RFC 2696 §3).
func (t *Table) pages(ctx context.Context, yield func(cgpdata.Value) bool) error {
	paging := ldap.NewControlPaging(uint32(t.o.PageSize))
	request := t.search("", 0, t.config.Fields...)
	request.Controls = []ldap.Control{paging}
	var records []cgpdata.Value
	var c *conn
	fetch := func(on *conn) error {
		result, err := on.ldap.Search(request)
		records = records[:0]
		if err != nil {
			return err
		}
		for _, entry := range result.Entries {
			record, err := t.recordOf(entry)
			if err != nil {
				return err
			}
			records = append(records, record)
		}
		paging.SetCookie(nil)
		if next, ok := ldap.FindControl(result.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging); ok {
			paging.SetCookie(next.Cookie)
		}
		return nil
	}
	complete := false
	defer func() {
		switch {
		case complete:
			t.pool.give(c, nil)
		case c != nil:
			c.close() // with it the server forgets the pages
		}
	}()
	for empty := 0; !complete; {
		if err := t.page(ctx, &c, fetch); err != nil {
			return err
		}
		for _, record := range records {
			if !yield(record) {
				return nil
			}
		}
		complete = len(paging.Cookie) == 0
		if empty++; len(records) > 0 {
			empty = 0
		}
		if empty > maxEmptyPages {
			return errors.New("the server sends no end of empty pages")
		}
	}
	return nil
}

// page fetches one page, the first on any connection, which it sets.
func (t *Table) page(ctx context.Context, c **conn, fetch func(*conn) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, t.o.Timeout)
	defer cancel()
	if *c == nil {
		*c, err = t.begin(ctx, fetch)
		return err
	}
	return (*c).run(ctx, t.o.MaxReply, func() error { return fetch(*c) })
}

// Put sets the fields that record has in the entry of its key, or adds one, in one
// step. What it does not name stays; an empty string removes the attribute. Strings,
// datablocks, and arrays of two and more different ones can be written. What is read
// afterwards is what was put, or nothing changes and the error is fs.ErrInvalid. That
// is for
//
//   - values that LDAP has no form for: arrays of one element or in arrays, numbers,
//     strings that are not UTF-8, and datablocks that are, but in fields with the
//     option ;binary, which hold datablocks only;
//   - values that the server refuses;
//   - what is no such record, or names no key;
//   - a key that the server takes for that of a record which has it in another
//     spelling.
//
// Servers may change the order of an array, and the spelling of what has a syntax of
// its own, as the names of entries and of classes. If another entry than
// <first field>=<key>,<SearchBase> has the key, that is an error.
func (t *Table) Put(ctx context.Context, record cgpdata.Value) error {
	key, others, err := t.entryOf(record)
	if err != nil {
		return err
	}
	return t.do(ctx, "put", func(c *conn) (err error) {
		for range 3 { // somebody else may add or delete it in between
			if err = t.modify(c, key, others); !ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
				return err
			}
			if err = t.checkName(c, key); err != nil {
				return err
			}
			if err = t.add(c, key, others); !ldap.IsErrorWithCode(err, ldap.LDAPResultEntryAlreadyExists) {
				return err
			}
		}
		return err
	})
}

// noAttributes asks for none: RFC 4511 §4.5.1.8.
const noAttributes = "1.1"

// modify changes the entry of a key, if that has it in this spelling.
func (t *Table) modify(c *conn, key string, others []attribute) error {
	name := t.config.Fields[0]
	result, err := c.ldap.Search(ldap.NewSearchRequest(t.dn(key), ldap.ScopeBaseObject, ldap.NeverDerefAliases,
		0, 0, false, "(objectClass=*)", []string{name}, nil))
	if err != nil {
		return err
	}
	if len(result.Entries) == 1 {
		is := keyOf(result.Entries[0].DN, name, result.Entries[0].GetEqualFoldRawAttributeValues(name))
		if len(is) == 1 && string(is[0]) != key {
			return errSpelled
		}
	}
	if len(others) == 0 {
		return nil
	}
	request := ldap.NewModifyRequest(t.dn(key), nil)
	for _, a := range others {
		request.Replace(a.name, a.values) // without values it is removed: RFC 4511 §4.6
	}
	return c.ldap.Modify(request)
}

// add makes the entry of a key.
func (t *Table) add(c *conn, key string, others []attribute) error {
	request := ldap.NewAddRequest(t.dn(key), nil)
	request.Attribute(t.config.Fields[0], []string{key})
	hasClass := false
	for _, a := range others {
		if len(a.values) > 0 {
			request.Attribute(a.name, a.values)
			hasClass = hasClass || strings.EqualFold(a.name, "objectClass")
		}
	}
	if !hasClass {
		request.Attribute("objectClass", t.o.ObjectClasses)
	}
	return c.ldap.Add(request)
}

// checkName returns an error if an entry has this key and not the name that Put
// gives it.
func (t *Table) checkName(c *conn, key string) error {
	result, err := c.ldap.Search(t.search(key, 2, noAttributes))
	switch {
	case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded), err == nil && len(result.Entries) > 1:
		return errSeveral
	case err != nil || len(result.Entries) == 0:
		return err
	}
	is, err := ldap.ParseDN(result.Entries[0].DN)
	if err != nil {
		return errElsewhere
	}
	if want, err := ldap.ParseDN(t.dn(key)); err != nil || !is.EqualFold(want) {
		return errElsewhere
	}
	return nil
}

// Delete removes the record of a key. The error is fs.ErrNotExist if there is
// none, also if the connection broke after the server had removed it. Another
// entry than <first field>=<key>,<SearchBase> is not removed: an error.
func (t *Table) Delete(ctx context.Context, key string) error {
	if !isKey(key) {
		return explain("delete", errNoRecord)
	}
	return t.do(ctx, "delete", func(c *conn) error {
		err := c.ldap.Del(ldap.NewDelRequest(t.dn(key), nil))
		if !ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
			return err
		}
		if err := t.checkName(c, key); err != nil {
			return err
		}
		return errNoRecord
	})
}

// Close ends the use of the table: later calls give fs.ErrClosed. Calls and
// iterations that have begun are finished.
func (t *Table) Close() error {
	t.pool.close()
	return nil
}
