package ldb

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// MaxBytes is the size limit of what Parse reads; our choice.
const MaxBytes = 1 << 20

// Config is the description of a table. Printing and logging one does not show
// the password. Use field names: the struct may grow.
type Config struct {
	// Server is where the LDAP server is: a host name or IP address, with a
	// port behind a colon if need be, or a URL such as ldaps://host:port.
	Server string
	// Fields are the attributes that are the fields of the table; the first
	// one is the key.
	Fields []string
	// LoginName is the DN to bind with, "" for none.
	LoginName string
	// LoginPassword is the password to bind with.
	LoginPassword string `json:"-"`
	// SearchBase is the DN that the table is below, "" for the root. It is an
	// addition of ours.
	SearchBase string
}

// Parse reads a description, as strictly as [cgpdata.Parse], and checks it.
// Keys that it does not know are ignored. An error of syntax wraps a
// *cgpdata.SyntaxError. No error shows the password.
func Parse(src []byte) (Config, error) {
	v, err := cgpdata.Parse(src, &cgpdata.Options{MaxBytes: MaxBytes})
	if syntax, ok := errors.AsType[*cgpdata.SyntaxError](err); ok {
		// Without its path: where the syntax is broken, a piece of the password
		// may pass for a key.
		err = &cgpdata.SyntaxError{Offset: syntax.Offset, Line: syntax.Line, Column: syntax.Column, Err: syntax.Err}
	}
	if err != nil {
		return Config{}, fmt.Errorf("ldb: %w", err)
	}
	if v.Kind() != cgpdata.KindDictionary {
		return Config{}, fmt.Errorf("ldb: %v where a dictionary is needed", v.Kind())
	}
	var c Config
	for _, field := range []struct {
		key string
		to  *string
	}{
		{"Server", &c.Server},
		{"LoginName", &c.LoginName},
		{"LoginPassword", &c.LoginPassword},
		{"SearchBase", &c.SearchBase},
	} {
		if value, ok := v.Get(field.key); ok {
			if value.Kind() != cgpdata.KindString {
				return Config{}, fmt.Errorf("ldb: %s: %v where a string is needed", field.key, value.Kind())
			}
			*field.to = value.Text()
		}
	}
	fields, _ := v.Get("Fields")
	if fields.Kind() == cgpdata.KindArray {
		for field := range fields.Elements() {
			if field.Kind() != cgpdata.KindString {
				return Config{}, fmt.Errorf("ldb: Fields: element %d is no attribute name", len(c.Fields)+1)
			}
			c.Fields = append(c.Fields, field.Text())
		}
	}
	if err := c.check(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// check returns an error if the description is of no table.
func (c Config) check() error {
	if err := checkFields(c.Fields); err != nil {
		return fmt.Errorf("ldb: Fields: %w", err)
	}
	if _, err := parseServer(c.Server); err != nil {
		return fmt.Errorf("ldb: Server: %w", err)
	}
	return nil
}

// attributeName is wider than RFC 4512 §2.5, for servers that take underscores,
// but has nothing that could change the meaning of a search filter.
var attributeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._;-]*$`)

// checkFields checks the names of the fields. Names that differ in letter case
// only are the same attribute (RFC 4512 §2.5).
func checkFields(names []string) error {
	if len(names) == 0 {
		return errors.New("there is no field")
	}
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		if !attributeName.MatchString(name) {
			return fmt.Errorf("element %d is no attribute name", i+1)
		}
		lower := strings.ToLower(name)
		if seen[lower] {
			return fmt.Errorf("element %d is there twice", i+1)
		}
		seen[lower] = true
	}
	return nil
}

// URL returns Server as a URL with scheme and port, such as
// ldap://ldap.client1.com:389, or "" if it is none of the forms that Parse
// accepts.
func (c Config) URL() string {
	u, err := parseServer(c.Server)
	if err != nil {
		return ""
	}
	return u.String()
}

// String returns the description in one line, without the password.
func (c Config) String() string {
	return fmt.Sprintf("table %q at %q below %q as %q", c.Fields, c.Server, c.SearchBase, c.LoginName)
}

// Format prints what String returns for every verb, lest %#v show the password.
func (c Config) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// LogValue returns the description for a log, without the password.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("server", c.Server),
		slog.Any("fields", c.Fields),
		slog.String("login", c.LoginName),
		slog.String("base", c.SearchBase),
	)
}
