package jsonform

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// The reserved keys of objects. bytesKey is the start of a key that is not UTF-8, too.
const (
	bytesKey  = "#bytes"
	dataKey   = "#data"
	timeKey   = "#time"
	ipKey     = "#ip"
	xmlKey    = "#xml"
	objectKey = "#object"
)

const (
	dateLayout = time.DateOnly
	pastText   = "past"
	futureText = "future"
)

// Append appends the JSON form of v to dst and returns the longer slice; on an error it
// returns dst as it was. With an indent, which should be blanks, elements and pairs
// stand on lines of their own, indented by so many of it as they are deep; without one
// there is no white space. The same value always gets the same bytes.
//
// The error is [cgpdata.ErrDepth] for a value nested deeper than 10,000, or one of a
// time stamp with a year outside 1 to 9999; its text has the path of the value.
func Append(dst []byte, v cgpdata.Value, indent string) ([]byte, error) {
	a := appender{out: bytes.NewBuffer(dst), indent: indent}
	a.strings = json.NewEncoder(a.out)
	a.strings.SetEscapeHTML(false)
	if err := a.value(v); err != nil {
		if len(a.path) > 0 {
			err = fmt.Errorf("%w at %s", err, pathText(a.path))
		}
		return dst, fmt.Errorf("jsonform: append: %w", err)
	}
	return a.out.Bytes(), nil
}

// An appender writes one text.
type appender struct {
	out     *bytes.Buffer
	strings *json.Encoder // to out
	indent  string
	path    cgpdata.Path // of the value that is being written
}

func (a *appender) value(v cgpdata.Value) error {
	switch v.Kind() {
	case cgpdata.KindString:
		a.text(v.Text())
	case cgpdata.KindNumber, cgpdata.KindNull:
		a.literal(v)
	case cgpdata.KindArray:
		return a.array(v)
	case cgpdata.KindDictionary:
		return a.dictionary(v)
	case cgpdata.KindData:
		a.object(dataKey, base64.StdEncoding.EncodeToString(v.Bytes()))
	case cgpdata.KindTime:
		text, err := timeText(v)
		if err != nil {
			return err
		}
		a.object(timeKey, text)
	case cgpdata.KindIP:
		a.object(ipKey, addressText(v))
	case cgpdata.KindXML:
		a.object(xmlKey, v.Text())
	case cgpdata.KindObject:
		a.object(objectKey, v.Text())
	}
	return nil
}

// literal writes a Number or the Null.
func (a *appender) literal(v cgpdata.Value) {
	if n, ok := v.Int(); ok {
		fmt.Fprint(a.out, n)
		return
	}
	a.out.WriteString("null")
}

func (a *appender) array(v cgpdata.Value) error {
	if len(a.path) >= ceilingDepth {
		return cgpdata.ErrDepth
	}
	a.out.WriteByte('[')
	for i := range v.Len() {
		a.next(i, cgpdata.Index(i))
		if err := a.value(v.Index(i)); err != nil {
			return err
		}
		a.path = a.path[:len(a.path)-1]
	}
	a.close(v, ']')
	return nil
}

func (a *appender) dictionary(v cgpdata.Value) error {
	if len(a.path) >= ceilingDepth {
		return cgpdata.ErrDepth
	}
	a.out.WriteByte('{')
	i := 0
	for key, e := range v.Pairs() {
		a.next(i, cgpdata.Key(key))
		a.string(keyName(key))
		a.colon()
		if err := a.value(e); err != nil {
			return err
		}
		a.path = a.path[:len(a.path)-1]
		i++
	}
	a.close(v, '}')
	return nil
}

// next begins item i of an array or dictionary.
func (a *appender) next(i int, s cgpdata.Step) {
	if i > 0 {
		a.out.WriteByte(',')
	}
	a.path = append(a.path, s)
	a.line()
}

// close ends the array or dictionary v.
func (a *appender) close(v cgpdata.Value, bracket byte) {
	if v.Len() > 0 {
		a.line()
	}
	a.out.WriteByte(bracket)
}

// line begins a line, if there are any.
func (a *appender) line() {
	if a.indent == "" {
		return
	}
	a.out.WriteByte('\n')
	for range a.path {
		a.out.WriteString(a.indent)
	}
}

func (a *appender) colon() {
	a.out.WriteByte(':')
	if a.indent != "" {
		a.out.WriteByte(' ')
	}
}

// object writes an object with one reserved key.
func (a *appender) object(key, text string) {
	a.out.WriteByte('{')
	a.string(key)
	a.colon()
	a.text(text)
	a.out.WriteByte('}')
}

// text writes any bytes.
func (a *appender) text(s string) {
	if utf8.ValidString(s) {
		a.string(s)
		return
	}
	a.object(bytesKey, base64.StdEncoding.EncodeToString([]byte(s)))
}

// string writes valid UTF-8.
func (a *appender) string(s string) {
	_ = a.strings.Encode(s) // nothing can fail
	a.out.Truncate(a.out.Len() - 1)
}

// keyName returns the JSON key of a dictionary's key.
func keyName(key string) string {
	switch {
	case !utf8.ValidString(key):
		return bytesKey + ":" + base64.StdEncoding.EncodeToString([]byte(key))
	case strings.HasPrefix(key, "#"):
		return "#" + key
	}
	return key
}

func timeText(v cgpdata.Value) (string, error) {
	switch {
	case v.IsPast():
		return pastText, nil
	case v.IsFuture():
		return futureText, nil
	}
	t, ok := v.Time()
	switch {
	case !ok || t.Year() < 1:
		return "", errYear
	case v.IsDate():
		return t.Format(dateLayout), nil
	}
	return t.Format(time.RFC3339), nil
}

var errYear = errors.New("year outside 1 to 9999")

func addressText(v cgpdata.Value) string {
	a, ok := v.AddrPort()
	switch {
	case !ok:
		return rawAddress(v)
	case a.Port() == 0:
		return a.Addr().String()
	}
	return a.String()
}

// rawAddress returns what follows #I in the text of an IP.
func rawAddress(v cgpdata.Value) string {
	text, err := cgpdata.Append(nil, v, &cgpdata.Format{Layout: cgpdata.Settings, Allow: cgpdata.Lenient})
	if err != nil {
		return "" // never: all is allowed
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(text), "#I"), "\n")
}

const maxPath = 200 // longer ones are cut: they go into messages

// pathText returns the text of a path, the end of a long one cut.
func pathText(path cgpdata.Path) string {
	text := path[:min(len(path), maxPath)].String()
	if len(text) > maxPath {
		return strings.ToValidUTF8(text[:maxPath], "") + "..."
	}
	return text
}
