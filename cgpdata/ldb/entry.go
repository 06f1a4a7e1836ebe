package ldb

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/go-ldap/ldap/v3"
)

// An attribute is one of an entry, with its values.
type attribute struct {
	name   string
	values []string
}

// entryOf returns the key of a record, and its other fields as attributes.
func (t *Table) entryOf(record cgpdata.Value) (key string, others []attribute, err error) {
	if record.Kind() != cgpdata.KindDictionary {
		return "", nil, fmt.Errorf("ldb: a record is a dictionary: %w", fs.ErrInvalid)
	}
	for name, value := range record.Pairs() {
		if !slices.Contains(t.config.Fields, name) {
			return "", nil, fmt.Errorf("ldb: the table has no field %q: %w", name, fs.ErrInvalid)
		}
		if name == t.config.Fields[0] {
			key = value.Text()
			continue
		}
		values, err := valuesOf(value)
		if err != nil {
			return "", nil, fmt.Errorf("ldb: field %q: %w", name, err)
		}
		others = append(others, attribute{name, values})
	}
	if value, _ := record.Get(t.config.Fields[0]); value.Kind() != cgpdata.KindString || !isKey(key) {
		return "", nil, fmt.Errorf("ldb: the key, field %q, is no UTF-8 string or empty: %w", t.config.Fields[0], fs.ErrInvalid)
	}
	return key, others, nil
}

// isKey reports whether an entry can be named by a key.
func isKey(key string) bool { return key != "" && utf8.ValidString(key) }

// valuesOf returns the values of an attribute.
func valuesOf(field cgpdata.Value) ([]string, error) {
	switch field.Kind() {
	case cgpdata.KindString:
		if field.Text() == "" {
			return nil, nil
		}
		return []string{field.Text()}, nil
	case cgpdata.KindData:
		return []string{string(field.Bytes())}, nil
	case cgpdata.KindArray:
		var values []string
		for element := range field.Elements() {
			value, err := valuesOf(element)
			if err != nil || len(value) != 1 {
				return nil, fmt.Errorf("an element is neither a string nor data, or is empty: %w", fs.ErrInvalid)
			}
			values = append(values, value...)
		}
		return values, nil
	}
	return nil, fmt.Errorf("%v is no value of an attribute: %w", field.Kind(), fs.ErrInvalid)
}

// recordOf makes a record out of an entry.
func (t *Table) recordOf(entry *ldap.Entry) cgpdata.Value {
	pairs := make([]cgpdata.Pair, len(t.config.Fields))
	for i, name := range t.config.Fields {
		values := entry.GetEqualFoldRawAttributeValues(name)
		if i == 0 {
			values = keyOf(entry.DN, name, values)
		}
		pairs[i] = cgpdata.Pair{Key: name, Value: fieldOf(values)}
	}
	return cgpdata.Dictionary(pairs...)
}

// keyOf returns the one of the values of the first field that names the entry, or
// the first if none does.
func keyOf(dn, name string, values [][]byte) [][]byte {
	if len(values) < 2 {
		return values
	}
	if parsed, err := ldap.ParseDN(dn); err == nil && len(parsed.RDNs) > 0 {
		for _, a := range parsed.RDNs[0].Attributes {
			for i, value := range values {
				if strings.EqualFold(a.Type, name) && a.Value == string(value) {
					return values[i : i+1]
				}
			}
		}
	}
	return values[:1]
}

// fieldOf returns the values of an attribute as a field.
func fieldOf(values [][]byte) cgpdata.Value {
	fields := make([]cgpdata.Value, len(values))
	for i, value := range values {
		if fields[i] = cgpdata.Data(value); utf8.Valid(value) {
			fields[i] = cgpdata.String(string(value))
		}
	}
	switch len(fields) {
	case 0:
		return cgpdata.String("")
	case 1:
		return fields[0]
	}
	return cgpdata.Array(fields...)
}

// dn returns the name of the entry of a key.
func (t *Table) dn(key string) string {
	dn := t.config.Fields[0] + "=" + ldap.EscapeDN(key)
	if t.config.SearchBase != "" {
		dn += "," + t.config.SearchBase
	}
	return dn
}

// search returns a request for the entries of a key, or for all if it is empty.
func (t *Table) search(key string, limit int, attributes ...string) *ldap.SearchRequest {
	pattern := "*"
	if key != "" {
		pattern = ldap.EscapeFilter(key)
	}
	return ldap.NewSearchRequest(t.config.SearchBase, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases,
		limit, 0, false, "("+t.config.Fields[0]+"="+pattern+")", attributes, nil)
}
