package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// A tree is the same data in our format, in JSON, and in the memory of Go.
type tree struct {
	name  string
	cgp   []byte
	json  []byte
	typed any          // structs
	typ   reflect.Type // of typed
	any   any          // maps, slices and strings
	path  cgpdata.Path // of a string in it
}

// account is the settings of one account; its fields stand in the order of their
// names, as the server writes them.
type account struct {
	AccessModes    []string
	Created        time.Time
	ExternalINET   string
	MaxAccountSize string
	Password       string
	RealName       string
	Rules          []rule
	UsedSpace      int64
}

type rule struct {
	Conditions [][]string
	Name       string
	Priority   int64
}

// accounts returns a thousand accounts; spell changes their texts.
func accounts(spell func(i int, text string) string) map[string]account {
	tree := make(map[string]account)
	for i := range 1000 {
		n := 0
		s := func(text string) string {
			n++
			return spell(i*17+n, text)
		}
		tree[fmt.Sprintf("account%04d", i)] = account{
			AccessModes:    []string{s("Mail"), s("POP"), s("IMAP"), s("WebMail"), s("WebSite")},
			Created:        time.Date(2005, time.October, 22, 15, 24, 45, 0, time.UTC),
			ExternalINET:   s("YES"),
			MaxAccountSize: s("100M"),
			Password:       fmt.Sprintf("\x02x%dGh/+", i),
			RealName:       s(fmt.Sprintf("Account Number %d", i)),
			Rules: []rule{{
				Conditions: [][]string{{s("Sender"), s("is"), s("*@example.com")}, {s("Message Size"), s("greater than"), s("100K")}},
				Name:       s("Rule One"),
				Priority:   5,
			}},
			UsedSpace: int64(i) * 1000,
		}
	}
	return tree
}

func plainly(_ int, text string) string { return text }

// foreignly puts escapes and letters beyond ASCII into one text of five.
func foreignly(i int, text string) string {
	if i%5 > 0 {
		return text
	}
	return "Größe \"" + text + "\"\n\tдом"
}

// limits are the settings of a user in a dictionary of many.
type limits struct {
	Limit string
	Name  string
}

func manyKeys() map[string]map[string]limits {
	tree := make(map[string]map[string]limits)
	for d := range 3 {
		users := make(map[string]limits)
		for i := range 5000 {
			users[fmt.Sprintf("user-%d.%d", i*7919%100_000, d)] = limits{Limit: "100M", Name: fmt.Sprintf("User %d", i)}
		}
		tree[fmt.Sprintf("domain%d.example", d)] = users
	}
	return tree
}

// A folder holds others, twenty deep.
type folder struct {
	Name  string
	Owner string
	Inner []folder
}

func nested() map[string]folder {
	tree := make(map[string]folder)
	for i := range 400 {
		f := folder{Name: "innermost", Owner: "postmaster"}
		for depth := range 9 { // each is an array in a dictionary
			f = folder{Name: fmt.Sprintf("folder %d", depth), Owner: "postmaster", Inner: []folder{f}}
		}
		tree[fmt.Sprintf("top%03d", i)] = f
	}
	return tree
}

// settings are a module's, as the files in testdata have them.
type settings struct {
	AIRSYNCLog, AccountCacheSize, AccountCachedInfo, AccountStatistics              string
	AdvertiseBasicAUTH, AdvertiseDigestAUTH, AdvertiseNTLMAUTH, CALDAVLog           string
	CGIExtensions                                                                   map[string]string
	CGIHeaderFields                                                                 []string
	ChronosLogLevel, CrashRecovery, DataSetsLogLevel, DomainName                    string
	ExternalAUTH, ExternalBanner, ExternalCDR, ExternalRADIUS                       external
	ExternalFilters                                                                 []string
	FileExtensions                                                                  map[string]string
	HTTPOutputCacheSize, HTTPOutputLogLevel, HTTPRequestSizeLimit                   string
	LicenseAccepted                                                                 *time.Time `cgp:",omitempty" json:",omitempty"`
	Listener                                                                        listener
	LogLevel, MBOXSizeToIndex, NotifierLogLevel, NotifierQueueSize, NumLargeBuffers string
	SystemCGIDirectory, TLSTimeToLive, TempFilesReuse                               string
}

type external struct{ Enabled, LogLevel string }

type listener struct {
	MaxInputChannels string
	Ports            []port
}

type port struct{ InitialSecurity, PortNumber string }

// files returns the settings files of testdata, again and again, in an array of 500 KB.
func files(tb testing.TB) (text []byte) {
	tb.Helper()
	text = append(text, "(\n"...)
	for len(text) < 500_000 {
		for _, name := range []string{"Main", "HTTPU"} {
			file, err := os.ReadFile("../testdata/" + name + ".settings")
			require.NoError(tb, err)
			if len(text) > 2 {
				text = append(text, ",\n"...)
			}
			text = append(text, bytes.TrimSpace(file)...)
		}
	}
	return append(text, "\n)\n"...)
}

// shuffled returns v with the keys of all dictionaries in random order.
func shuffled(v cgpdata.Value, random *rand.Rand) cgpdata.Value {
	switch v.Kind() {
	case cgpdata.KindArray:
		var elems []cgpdata.Value
		for e := range v.Elements() {
			elems = append(elems, shuffled(e, random))
		}
		return cgpdata.Array(elems...)
	case cgpdata.KindDictionary:
		var pairs []cgpdata.Pair
		for key, e := range v.Pairs() {
			pairs = append(pairs, cgpdata.Pair{Key: key, Value: shuffled(e, random)})
		}
		random.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
		return cgpdata.Dictionary(pairs...)
	}
	return v
}

// appendJSON writes v as JSON with the keys in their order.
func appendJSON(tb testing.TB, dst []byte, v cgpdata.Value) []byte {
	tb.Helper()
	switch v.Kind() {
	case cgpdata.KindArray:
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(tb, dst, v.Index(i))
		}
		return append(dst, ']')
	case cgpdata.KindDictionary:
		dst = append(dst, '{')
		first := true
		for key, e := range v.Pairs() {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = append(appendText(tb, dst, key), ':')
			dst = appendJSON(tb, dst, e)
		}
		return append(dst, '}')
	case cgpdata.KindNumber:
		n, _ := v.Int()
		return fmt.Append(dst, n)
	case cgpdata.KindTime:
		t, _ := v.Time()
		return appendText(tb, dst, t.Format(time.RFC3339))
	}
	require.Equal(tb, cgpdata.KindString, v.Kind())
	return appendText(tb, dst, v.Text())
}

func appendText(tb testing.TB, dst []byte, text string) []byte {
	tb.Helper()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	require.NoError(tb, e.Encode(text))
	return append(dst, bytes.TrimSpace(out.Bytes())...)
}

// treeNames are the names of all trees.
var treeNames = []string{"keys in order", "indented", "keys in random order", "escapes, beyond ASCII", "5,000 keys", "20 deep", "settings files"}

// newTree makes the tree of a name.
func newTree(tb testing.TB, name string) *tree {
	tb.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	layout, mixed := cgpdata.SingleLine, false
	t := &tree{name: name, path: cgpdata.Path{cgpdata.Key("account0500"), cgpdata.Key("RealName")}}
	switch name {
	case "keys in order":
		t.typed = accounts(plainly)
	case "indented":
		t.typed, layout = accounts(plainly), cgpdata.Indented
	case "keys in random order":
		t.typed, mixed = accounts(plainly), true
	case "escapes, beyond ASCII":
		t.typed = accounts(foreignly)
	case "5,000 keys":
		t.typed, mixed = manyKeys(), true
		t.path = cgpdata.Path{cgpdata.Key("domain1.example"), cgpdata.Key("user-7919.1"), cgpdata.Key("Name")}
	case "20 deep":
		t.typed = nested()
		t.path = cgpdata.Path{cgpdata.Key("top200")}
		for range 8 {
			t.path = append(t.path, cgpdata.Key("Inner"), cgpdata.Index(0))
		}
		t.path = append(t.path, cgpdata.Key("Name"))
	case "settings files":
		t.cgp = files(tb)
		var typed []settings
		require.NoError(tb, cgpdata.Unmarshal(t.cgp, &typed))
		t.typed, t.path = typed, cgpdata.Path{cgpdata.Index(100), cgpdata.Key("LogLevel")}
	}
	t.typ = reflect.TypeOf(t.typed)
	v, err := cgpdata.MarshalValue(t.typed)
	require.NoError(tb, err)
	if mixed {
		v = shuffled(v, random)
	}
	if t.cgp == nil {
		t.cgp, err = cgpdata.Append(nil, v, &cgpdata.Format{Layout: layout})
	} else {
		v, err = cgpdata.Parse(t.cgp, nil)
	}
	require.NoError(tb, err)
	t.json = appendJSON(tb, nil, v)
	if layout == cgpdata.Indented {
		var out bytes.Buffer
		require.NoError(tb, json.Indent(&out, t.json, "", "  "))
		t.json = out.Bytes()
	}
	require.NoError(tb, json.Unmarshal(t.json, &t.any))
	return t
}

// Both texts of each tree say the same.
func TestTrees(t *testing.T) {
	t.Parallel()
	for _, name := range treeNames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := newTree(t, name)
			fromText, fromJSON := reflect.New(tree.typ), reflect.New(tree.typ)
			require.NoError(t, cgpdata.Unmarshal(tree.cgp, fromText.Interface()))
			require.NoError(t, json.Unmarshal(tree.json, fromJSON.Interface()))
			text, err := cgpdata.Marshal(fromText.Interface())
			require.NoError(t, err)
			again, err := cgpdata.Marshal(fromJSON.Interface())
			require.NoError(t, err)
			require.Equal(t, string(text), string(again))
			v, err := cgpdata.Parse(tree.cgp, nil)
			require.NoError(t, err)
			_, ok := v.Lookup(tree.path)
			require.True(t, ok)
			t.Logf("bytes: %d cgpdata, %d JSON", len(tree.cgp), len(tree.json))
		})
	}
}
