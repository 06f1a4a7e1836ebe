package tbd

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// AppendHeader appends line 1 with the names of the fields, ended by a line
// feed, to dst. There has to be a name; names have to differ, and must be
// non-empty UTF-8 without control characters or a byte order mark. On an error dst is
// returned as it was.
func AppendHeader(dst []byte, names []string) ([]byte, error) {
	if len(names) == 0 {
		return dst, errors.New("tbd: no field names")
	}
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		if name == "" || strings.Contains(name, "\t") || strings.ContainsFunc(name, isForbidden) || strings.Contains(name, byteOrderMark) || !utf8.ValidString(name) {
			return dst, fmt.Errorf("tbd: field name %d cannot be written", i+1)
		}
		if seen[name] {
			return dst, fmt.Errorf("tbd: field name %d is there twice", i+1)
		}
		seen[name] = true
	}
	return append(append(dst, strings.Join(names, "\t")...), '\n'), nil
}

// AppendRecord appends the fields of one record, ended by a line feed, to dst.
// There should be no more of them than names, or [Reader] refuses the record.
//
// A string is written as it is, or in quotes if it contains a TAB, CR or LF,
// starts with one of { ( [ " #, or is not UTF-8. Other values are written as
// single-line text. What would not come back as it was is an error: XML outside
// of an array or dictionary or with a line break or TAB, and what
// [cgpdata.Append] refuses. On an error dst is returned as it was.
func AppendRecord(dst []byte, fields []cgpdata.Value) ([]byte, error) {
	line := dst
	for i, field := range fields {
		if i > 0 {
			line = append(line, '\t')
		}
		var err error
		if line, err = appendField(line, field); err != nil {
			return dst, fmt.Errorf("tbd: field %d: %w", i+1, err)
		}
	}
	if len(line) == len(dst) { // an empty line would be no record
		line = append(line, `""`...)
	}
	return append(line, '\n'), nil
}

// appendField appends one field.
func appendField(dst []byte, field cgpdata.Value) ([]byte, error) {
	if text := field.Text(); field.Kind() == cgpdata.KindString && isPlain(text) {
		return append(dst, text...), nil
	}
	if field.Kind() == cgpdata.KindXML {
		return dst, errors.New("XML would be read as plain text")
	}
	text, err := cgpdata.Append(dst, field, &cgpdata.Format{AllYears: true})
	if err == nil && bytes.ContainsAny(text[len(dst):], "\t\r\n") {
		return dst, errors.New("raw text with a TAB or a line break")
	}
	return text, err
}

// isPlain reports whether a string can stand without quotes.
func isPlain(text string) bool {
	return text == "" ||
		strings.IndexByte(marks, text[0]) < 0 && !strings.ContainsAny(text, "\t\r\n") && utf8.ValidString(text)
}
