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
		values, err := valuesOf(name, value)
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

// valuesOf returns the values of an attribute, if fieldOf makes the same field of
// them again. LDAP has sets of values, and none that are empty: an array of one
// element cannot be told from that element, nor an empty array from nothing.
func valuesOf(name string, field cgpdata.Value) ([]string, error) {
	elements := []cgpdata.Value{field}
	switch {
	case field.Equal(cgpdata.String("")):
		return nil, nil
	case field.Kind() == cgpdata.KindArray:
		elements = slices.Collect(field.Elements())
		if len(elements) < 2 {
			return nil, fmt.Errorf("an array with fewer than two elements: %w", fs.ErrInvalid)
		}
	}
	values := make([]string, len(elements))
	seen := make(map[string]bool, len(elements))
	for i, element := range elements {
		var ok bool
		if values[i], ok = valueOf(name, element); !ok {
			return nil, fmt.Errorf("%v is no value of an attribute, or none that can be told from another when it is read: %w", element.Kind(), fs.ErrInvalid)
		}
		if seen[values[i]] {
			return nil, fmt.Errorf("an element is there twice: %w", fs.ErrInvalid)
		}
		seen[values[i]] = true
	}
	return values, nil
}

// valueOf returns a value of an attribute, if elementOf makes the same element of
// it again.
func valueOf(name string, element cgpdata.Value) (value string, ok bool) {
	switch element.Kind() {
	case cgpdata.KindString:
		value = element.Text()
	case cgpdata.KindData:
		value = string(element.Bytes())
	}
	return value, value != "" && elementOf(name, []byte(value)).Equal(element)
}

// elementOf returns a value of an attribute as a string, or, if it is no UTF-8 or
// the attribute has binary ones, as data.
func elementOf(name string, value []byte) cgpdata.Value {
	if utf8.Valid(value) && !isBinary(name) {
		return cgpdata.String(string(value))
	}
	return cgpdata.Data(value)
}

// isBinary reports whether an attribute has the option binary (RFC 4522).
func isBinary(name string) bool {
	_, options, _ := strings.Cut(strings.ToLower(name), ";")
	return slices.Contains(strings.Split(options, ";"), "binary")
}

// recordOf makes a record out of an entry. A server that knows an attribute by
// several names, as cn and commonName, may return it by another one than it was
// asked for: an error, lest its values be lost.
func (t *Table) recordOf(entry *ldap.Entry) (cgpdata.Value, error) {
	for _, a := range entry.Attributes {
		if !slices.ContainsFunc(t.config.Fields, func(field string) bool { return isOf(a.Name, field) }) {
			return cgpdata.Value{}, errOtherName
		}
	}
	pairs := make([]cgpdata.Pair, len(t.config.Fields))
	for i, name := range t.config.Fields {
		values := entry.GetEqualFoldRawAttributeValues(name)
		if i == 0 {
			values = keyOf(entry.DN, name, values)
		}
		pairs[i] = cgpdata.Pair{Key: name, Value: fieldOf(name, values)}
	}
	return cgpdata.Dictionary(pairs...), nil
}

// isOf reports whether an attribute is that of a field, or one with more options,
// which a server returns as well.
func isOf(attribute, field string) bool {
	n := len(field)
	return len(attribute) >= n && strings.EqualFold(attribute[:n], field) && (len(attribute) == n || attribute[n] == ';') ||
		strings.EqualFold(attribute, strings.TrimSuffix(strings.ToLower(field), ";binary"))
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
func fieldOf(name string, values [][]byte) cgpdata.Value {
	fields := make([]cgpdata.Value, len(values))
	for i, value := range values {
		fields[i] = elementOf(name, value)
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
