package bench

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	goccy "github.com/goccy/go-json"
	"github.com/stretchr/testify/require"
	"github.com/tailscale/hujson"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/edit"
	"github.com/cgpkit/cgpkit/cgpdata/stream"
	"github.com/cgpkit/cgpkit/cgpdata/tbd"
)

// A work is done by us and by others.
type work struct {
	name, against string
	limit         float64 // of our time in theirs
	run           func(tree *tree) (ours, theirs func() error)
}

// works are those that are done with each tree.
var works = []work{
	{"Parse", "goccy/go-json, any", 0.5, func(tree *tree) (ours, theirs func() error) {
		return func() error {
				_, err := cgpdata.Parse(tree.cgp, nil)
				return err
			}, func() error {
				var v any
				return goccy.Unmarshal(tree.json, &v)
			}
	}},
	{"Unmarshal, structs", "goccy/go-json", 1.0, func(tree *tree) (ours, theirs func() error) {
		return func() error { return cgpdata.Unmarshal(tree.cgp, reflect.New(tree.typ).Interface()) },
			func() error { return goccy.Unmarshal(tree.json, reflect.New(tree.typ).Interface()) }
	}},
	{"Unmarshal, any", "goccy/go-json", 1.0, func(tree *tree) (ours, theirs func() error) {
		return func() error {
				var v any
				return cgpdata.Unmarshal(tree.cgp, &v)
			}, func() error {
				var v any
				return goccy.Unmarshal(tree.json, &v)
			}
	}},
	{"Marshal, structs", "goccy/go-json", 1.1, func(tree *tree) (ours, theirs func() error) {
		return marshal(tree.typed)
	}},
	{"Marshal, any", "goccy/go-json", 1.2, func(tree *tree) (ours, theirs func() error) {
		return marshal(tree.any)
	}},
	{"Valid", "encoding/json", 0.4, func(tree *tree) (ours, theirs func() error) {
		return func() error { return cgpdata.Valid(tree.cgp, nil) },
			func() error {
				if !json.Valid(tree.json) {
					return io.ErrUnexpectedEOF
				}
				return nil
			}
	}},
	{"Document, one Set", "hujson", 0.7, func(tree *tree) (ours, theirs func() error) {
		patch := fmt.Appendf(nil, `[{"op":"replace","path":%q,"value":"something else"}]`, pointer(tree.path))
		return func() error {
				d, err := edit.ParseDocument(tree.cgp, nil)
				if err == nil {
					err = d.Set(tree.path, cgpdata.String("something else"))
				}
				if err == nil && len(d.Bytes()) == 0 {
					err = io.ErrUnexpectedEOF
				}
				return err
			}, func() error {
				v, err := hujson.Parse(tree.json)
				if err == nil {
					err = v.Patch(patch)
				}
				if err == nil && len(v.Pack()) == 0 {
					err = io.ErrUnexpectedEOF
				}
				return err
			}
	}},
}

func marshal(v any) (ours, theirs func() error) {
	return func() error {
			_, err := cgpdata.Marshal(v)
			return err
		}, func() error {
			_, err := goccy.Marshal(v)
			return err
		}
}

// pointer returns the JSON pointer of a path.
func pointer(path cgpdata.Path) string {
	text := ""
	for _, step := range path {
		if i, ok := step.Index(); ok {
			text += fmt.Sprintf("/%d", i)
		} else {
			key, _ := step.Key()
			text += "/" + key
		}
	}
	return text
}

// repeated reads a text between head and tail, again and again.
type repeated struct {
	rest  []byte
	text  []byte
	times int
	tail  []byte
}

func (r *repeated) Read(b []byte) (int, error) {
	if len(r.rest) == 0 {
		switch {
		case r.times > 0:
			r.times--
			r.rest = r.text
		case len(r.tail) > 0:
			r.rest, r.tail = r.tail, nil
		default:
			return 0, io.EOF
		}
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// tokens reads an array of the tree of some size token by token, and leaves the texts in the
// windows of the decoders, or makes strings of them.
func tokens(tree *tree, size int, asStrings bool) (ours, theirs func() error) {
	item, asJSON := bytes.TrimSpace(tree.cgp), tree.json
	cgpText, jsonText := append([]byte(","), item...), append([]byte(","), asJSON...)
	times := size / len(cgpText)
	return func() error {
			r := io.MultiReader(bytes.NewReader([]byte("(x")), &repeated{text: cgpText, times: times, tail: []byte(")")})
			for d := stream.NewDecoder(r, &cgpdata.Options{MaxItems: 1 << 30}); ; {
				var err error
				if asStrings {
					_, err = d.ReadToken()
				} else {
					_, err = d.Next()
				}
				if err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
			}
		}, func() error {
			r := io.MultiReader(bytes.NewReader([]byte(`["x"`)), &repeated{text: jsonText, times: times, tail: []byte("]")})
			for d := jsontext.NewDecoder(r); ; {
				token, err := d.ReadToken()
				if err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
				if asStrings && (token.Kind() == '"' || token.Kind() == '0') {
					kept = token.String()
				}
			}
		}
}

// kept makes sure that what is made is not left out.
var kept string

// records reads a table of some records.
func records(tb testing.TB, n int) (ours, theirs func() error) {
	tb.Helper()
	var text bytes.Buffer
	text.WriteString("mail\tcn\tLimit\n")
	for i := range n {
		fmt.Fprintf(&text, "user%d@client1.com\tUser %d\t1000\n", i, i)
	}
	return func() error {
			r, err := tbd.NewReader(bytes.NewReader(text.Bytes()), nil)
			if err != nil {
				return err
			}
			for record, err := range r.Records() {
				if err != nil || record.Len() != 3 {
					return err
				}
			}
			return nil
		}, func() error {
			r := csv.NewReader(bufio.NewReader(bytes.NewReader(text.Bytes())))
			r.Comma = '\t'
			for {
				record, err := r.Read()
				if err == io.EOF {
					return nil
				}
				if err != nil || len(record) != 3 {
					return err
				}
			}
		}
}

// Each work can be done, by both.
func TestWorks(t *testing.T) {
	t.Parallel()
	for _, name := range treeNames {
		tree := newTree(t, name)
		for _, w := range works {
			ours, theirs := w.run(tree)
			require.NoError(t, ours(), "%s, %s", w.name, tree.name)
			require.NoError(t, theirs(), "%s, %s", w.name, tree.name)
		}
		for _, asStrings := range []bool{false, true} {
			ours, theirs := tokens(tree, 3_000_000, asStrings)
			require.NoError(t, ours(), tree.name)
			require.NoError(t, theirs(), tree.name)
		}
	}
	ours, theirs := records(t, 1000)
	require.NoError(t, ours())
	require.NoError(t, theirs())
}
