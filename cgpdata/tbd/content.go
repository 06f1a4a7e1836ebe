package tbd

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// A content is one version of a table. It never changes: what edits it returns
// the text of the next version, which differs in the lines that are meant only.
type content struct {
	text  string
	o     Options
	names []string
	eol   string            // as line 1 has it
	lines map[string][]span // of each key, in their order
	bad   map[string]error  // of each key, the first line that makes no record
}

// A span is a place in the text: that of a line without its end.
type span struct{ start, end int }

// errNoRecord is what a key that no record has is answered with.
var errNoRecord = fmt.Errorf("tbd: no record of this key: %w", fs.ErrNotExist)

// parse reads a whole table.
func parse(text string, o Options) (*content, error) {
	r, err := NewReader(strings.NewReader(text), &o)
	if err != nil {
		return nil, err
	}
	c := &content{text: text, o: o, names: r.names, eol: "\n", lines: map[string][]span{}, bad: map[string]error{}}
	if first := text[:r.next]; len(withoutEnd(first)) < len(first) {
		c.eol = first[len(withoutEnd(first)):]
	}
	for record, err := range r.Records() {
		line := span{r.start, r.start + len(withoutEnd(text[r.start:r.next]))}
		if err != nil {
			first, _, _ := strings.Cut(text[line.start:line.end], "\t")
			record.fields = []string{toUTF8(first)}
		}
		key := record.key()
		if strings.HasPrefix(text[line.start:], key) {
			key = text[line.start:][:len(key)] // shares the memory of the text
		} else {
			key = strings.Clone(key) // not that of the line
		}
		switch {
		case key == "":
		case err == nil:
			c.lines[key] = append(c.lines[key], line)
		case c.bad[key] == nil:
			c.bad[key] = err
		}
	}
	return c, nil
}

// key returns the first field if it is a string, "" otherwise.
func (r Record) key() string { return r.At(0).Text() }

// find returns the line of a key.
func (c *content) find(key string) (span, error) {
	if lines := c.lines[key]; len(lines) > 0 {
		return lines[0], nil
	}
	if err := c.bad[key]; err != nil {
		return span{}, err
	}
	return span{}, errNoRecord
}

// get returns the record of a key.
func (c *content) get(key string) (Record, error) {
	line, err := c.find(key)
	if err != nil {
		return Record{}, err
	}
	return split(toUTF8(c.text[line.start:line.end]), c.names, c.o.Lenient)
}

// put returns the text with the fields of record set in the line of its key, or
// in a new line at the end.
func (c *content) put(record cgpdata.Value) (string, error) {
	key, err := c.keyOf(record)
	if err != nil {
		return "", err
	}
	line, err := c.find(key)
	fields, isNew := []string(nil), false
	switch {
	case err == nil:
		fields = strings.Split(toUTF8(c.text[line.start:line.end]), "\t")
	case errors.Is(err, fs.ErrNotExist):
		isNew = true
	default:
		return "", err
	}
	for name, value := range record.Pairs() {
		i := column(c.names, name)
		if i < len(fields) && (Record{names: c.names, fields: fields}).At(i).Equal(value) {
			continue // however it is written
		}
		field, err := appendField(nil, value)
		if err != nil {
			return "", fmt.Errorf("tbd: field %q: %w", name, err)
		}
		for i >= len(fields) {
			fields = append(fields, "")
		}
		fields[i] = string(field)
	}
	text := strings.Join(fields, "\t")
	if len(text)+len("\r\n") > c.o.MaxLine {
		return "", fmt.Errorf("tbd: %w", errLineTooLong)
	}
	if !isNew {
		return c.text[:line.start] + text + c.text[line.end:], nil
	}
	if withoutEnd(c.text) == c.text {
		text = c.eol + text
	}
	return c.text + text + c.eol, nil
}

// keyOf returns the key of a record that is to be put.
func (c *content) keyOf(record cgpdata.Value) (string, error) {
	if record.Kind() != cgpdata.KindDictionary {
		return "", fmt.Errorf("tbd: a record is a dictionary: %w", fs.ErrInvalid)
	}
	for name := range record.Pairs() {
		if name == "" || column(c.names, name) < 0 {
			return "", fmt.Errorf("tbd: the table has no field %q: %w", name, fs.ErrInvalid)
		}
	}
	key, _ := record.Get(c.names[0])
	if key.Kind() != cgpdata.KindString || key.Text() == "" {
		return "", fmt.Errorf("tbd: the key, field %q, is no string or empty: %w", c.names[0], fs.ErrInvalid)
	}
	return key.Text(), nil
}

// delete returns the text without the lines of a key.
func (c *content) delete(key string) (string, error) {
	if _, err := c.find(key); err != nil {
		return "", err
	}
	var text strings.Builder
	from := 0
	for _, line := range c.lines[key] {
		text.WriteString(c.text[from:line.start])
		from = line.end
		for _, end := range []string{"\r", "\n"} {
			from += len(c.text[from:]) - len(strings.TrimPrefix(c.text[from:], end))
		}
	}
	text.WriteString(c.text[from:])
	return text.String(), nil
}

// addField returns the text with another name in line 1.
func (c *content) addField(name string) (string, error) {
	if _, err := AppendHeader(nil, []string{name}); err != nil {
		return "", fmt.Errorf("%w: %w", err, fs.ErrInvalid)
	}
	if column(c.names, name) >= 0 {
		return "", fmt.Errorf("tbd: the table has this field: %w", fs.ErrExist)
	}
	number := 0
	for line := range strings.SplitSeq(anyEnd.Replace(c.text), "\n") {
		if number++; strings.Count(line, "\t") >= len(c.names) {
			return "", &SyntaxError{Line: number, Err: errors.New("has a field too many, which would get the new name")}
		}
	}
	first := c.text[:strings.IndexAny(c.text+"\n", "\r\n")]
	header := toUTF8(first) + "\t" + name
	if len(header)+len("\r\n") > c.o.MaxLine {
		return "", fmt.Errorf("tbd: %w", errLineTooLong)
	}
	return header + c.text[len(first):], nil
}

// anyEnd makes LF of all ends of lines.
var anyEnd = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// column returns the place of the first field of this name, -1 if there is none.
func column(names []string, name string) int { return slices.Index(names, name) }

// records yields the records as [Reader.Records] does.
func (c *content) records() iter.Seq2[Record, error] {
	r, err := NewReader(strings.NewReader(c.text), &c.o)
	if err != nil { // parse has read it
		return func(yield func(Record, error) bool) { yield(Record{}, err) }
	}
	return r.Records()
}
