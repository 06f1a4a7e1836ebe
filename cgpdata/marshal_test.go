package cgpdata_test

import (
	"errors"
	"math"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// Types of the tests of Marshal and Unmarshal.
type (
	word  string
	point struct{ X, Y int }

	// loud has a Value of its own: its text in capitals, in an array.
	loud struct{ text string }

	base struct {
		Name string
		Kind string
	}
	inherits struct {
		base
		*Extra
		Kind int // hides that of base
	}
	Extra struct {
		Note string `cgp:",omitempty"`
	}
	open struct {
		Name string
		Rest map[string]cgpdata.Value `cgp:",inline"`
	}
	chain struct {
		Next *chain `cgp:",omitempty"`
		Any  any    `cgp:",omitempty"`
	}
)

func (l loud) MarshalCGP() (cgpdata.Value, error) {
	if l.text == "" {
		return cgpdata.Value{}, errors.New("nothing to say")
	}
	return cgpdata.Array(cgpdata.String(strings.Map(func(r rune) rune { return swap(r, 'a', 'A') }, l.text))), nil
}

func (l *loud) UnmarshalCGP(v cgpdata.Value) error {
	if v.Kind() == cgpdata.KindNull {
		l.text = "null"
		return nil
	}
	var words []string
	if err := cgpdata.UnmarshalValue(v, &words); err != nil {
		return err
	}
	l.text = strings.Map(func(r rune) rune { return swap(r, 'A', 'a') }, strings.Join(words, " "))
	return nil
}

// swap moves an ASCII letter from one case to the other; unlike Unicode's, that is undone
// by the way back.
func swap(r, from, to rune) rune {
	if r >= from && r < from+26 {
		return r - from + to
	}
	return r
}

func ptr[T any](v T) *T { return &v }

// mapped rows are written as text, and read back from it as the same.
var mapped = []struct {
	name string
	v    any // a pointer
	text string
}{
	{"string", ptr("My Name"), `"My Name"`},
	{"empty string", ptr(""), `""`},
	{"named string", ptr(word("a")), `a`},
	{"yes", ptr(true), `YES`},
	{"no", ptr(false), `NO`},
	{"int", ptr(-5), `#-5`},
	{"int8", ptr(int8(math.MinInt8)), `#-128`},
	{"int64", ptr(int64(math.MaxInt64)), `#9223372036854775807`},
	{"uint8", ptr(uint8(255)), `#255`},
	{"uint64", ptr(uint64(math.MaxInt64)), `#9223372036854775807`},
	{"float", ptr(-0.25), `"-0.25"`},
	{"float of a whole number", ptr(1e6), `1000000`},
	{"small float", ptr(1e-9), `1e-09`},
	{"float32", ptr(float32(0.1)), `0.1`},
	{"bytes", ptr([]byte{0x1D, 0xCA, 0x87, 0x7C, 0x72}), `[HcqHfHI=]`},
	{"no bytes", ptr([]byte{}), `[]`},
	{"array of bytes", ptr([2]byte{1, 2}), `[AQI=]`},
	{"strings", ptr([]string{"a", "b c"}), `(a,"b c")`},
	{"no strings", ptr([]string{}), `()`},
	{"named strings", ptr([]word{"a"}), `(a)`},
	{"arrays", ptr([][]int{{1, 2}, {}}), `((#1,#2),())`},
	{"array", ptr([2]bool{true}), `(YES,NO)`},
	{"map", ptr(map[string]int{"b": 1, "a": 2, "C d": 3}), `{"C d"=#3;a=#2;b=#1;}`},
	{"empty map", ptr(map[string]int{}), `{}`},
	{"map with named keys", ptr(map[word]word{"a": "b"}), `{a=b;}`},
	{"struct", ptr(point{1, 2}), `{X=#1;Y=#2;}`},
	{"structs", ptr([]point{{}, {3, 4}}), `({X=#0;Y=#0;},{X=#3;Y=#4;})`},
	{"map of structs", ptr(map[string]point{"p": {1, 2}}), `{p={X=#1;Y=#2;};}`},
	{"time", ptr(time.Date(2005, 10, 22, 15, 24, 45, 0, time.UTC)), `#T22-10-2005_15:24:45`},
	{"past", ptr(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)), `#TPAST`},
	{"future", ptr(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)), `#TFUTURE`},
	{"time.Duration", ptr(90 * time.Minute), `90m`},
	{"Duration", ptr(cgpdata.Duration(7 * 24 * time.Hour)), `7d`},
	{"Size", ptr(cgpdata.Size(100 << 20)), `100M`},
	{"unlimited", ptr(cgpdata.Unlimited), `unlimited`},
	{"Count", ptr(cgpdata.Count(1024)), `1024`},
	{"address", ptr(netip.MustParseAddr("10.0.44.55")), `#I[10.0.44.55]`},
	{"no address", ptr(netip.Addr{}), `#NULL#`},
	{"address and port", ptr(netip.MustParseAddrPort("[2001:db8::1]:25")), `#I[2001:db8::1]:25`},
	{"prefix", ptr(netip.MustParsePrefix("10.0.0.0/8")), `"10.0.0.0/8"`},
	{"big number", ptr(*big.NewInt(0).Lsh(big.NewInt(1), 70)), `1180591620717411303424`},
	{"Value", ptr(cgpdata.Past()), `#TPAST`},
	{"Marshaler", ptr(loud{"hello"}), `(HELLO)`},
	{"pointer", ptr(ptr(ptr(5))), `#5`},
	{"nil pointer", ptr((*int)(nil)), `#NULL#`},
	{"embedded", &inherits{base: base{Name: "n"}, Extra: &Extra{"x"}, Kind: 3}, `{Name=n;Note=x;Kind=#3;}`},
	{"embedded, nil", &inherits{base: base{Name: "n"}}, `{Name=n;Kind=#0;}`},
	{"inline map", &open{"n", map[string]cgpdata.Value{"b": cgpdata.Null(), "a": cgpdata.Number(1)}}, `{Name=n;a=#1;b=#NULL#;}`},
	{"inline map, nil", &open{Name: "n"}, `{Name=n;}`},
	{"type in itself", &chain{Next: &chain{Next: &chain{}}}, `{Next={Next={};};}`},
	{"tags", &struct {
		A string `cgp:"Account Name"`
		B int    `cgp:"-"`
		C int    `cgp:"-,"`
		D int    `cgp:",string"`
		E int    `cgp:"e,string,omitempty"`
		F *uint8 `cgp:"f"`
		G int16  `cgp:",string"`
	}{A: "a", C: 1, D: -2, F: ptr(uint8(6)), G: 7}, `{"Account Name"=a;"-"=#1;D="-2";f=#6;G=7;}`},
	{"omitted", &struct {
		A string         `cgp:",omitempty"`
		B bool           `cgp:",omitempty"`
		C []int          `cgp:",omitempty"`
		D map[string]int `cgp:",omitempty"`
		E *int           `cgp:",omitempty"`
		F any            `cgp:",omitempty"`
		G time.Time      `cgp:",omitempty"`
		H point          `cgp:",omitempty"`
		I [2]int         `cgp:",omitempty"`
		J netip.Addr     `cgp:",omitempty"`
		K cgpdata.Value  `cgp:",omitempty"`
		L cgpdata.Size   `cgp:",omitempty"`
	}{}, `{}`},
	{"any", ptr(any(map[string]any{
		"a": "s", "b": []byte{1}, "c": int64(5), "d": time.Date(2005, 10, 22, 0, 0, 0, 0, time.UTC),
		"e": netip.MustParseAddr("::1"), "f": netip.MustParseAddrPort("1.2.3.4:5"), "g": nil, "h": []any{"x", []any{}},
		"i": cgpdata.Date(time.Unix(0, 0)), "j": cgpdata.Past(), "k": map[string]any{},
	})), `{a=s;b=[AQ==];c=#5;d=#T22-10-2005_00:00:00;e=#I[::1];f=#I[1.2.3.4]:5;g=#NULL#;h=(x,());i=#T01-01-1970;j=#TPAST;k={};}`},
}

func TestMarshal(t *testing.T) {
	t.Parallel()
	for _, row := range mapped {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			text, err := cgpdata.Marshal(row.v)
			require.NoError(t, err)
			require.Equal(t, row.text, string(text))
			v, err := cgpdata.MarshalValue(row.v)
			require.NoError(t, err)
			require.Equal(t, row.text, v.String())
		})
	}
}

// What Unmarshal does not make is written all the same.
func TestMarshalOnly(t *testing.T) {
	t.Parallel()
	var nilMap map[string]int
	local := time.Date(2005, 10, 22, 17, 24, 45, 999, time.FixedZone("", 2*60*60))
	for _, row := range []struct {
		name string
		v    any
		want string
	}{
		{"nothing", nil, `#NULL#`},
		{"not a pointer", point{1, 2}, `{X=#1;Y=#2;}`},
		{"method of a pointer, of a value in a map", map[string]any{"a": loud{"x"}, "b": *big.NewInt(5)}, `{a=(X);b=5;}`},
		{"nil slice", []int(nil), `()`},
		{"nil bytes", []byte(nil), `[]`},
		{"nil map", nilMap, `{}`},
		{"nil pointer with a method", (*loud)(nil), `#NULL#`},
		{"local time", local, `#T22-10-2005_15:24:45`},
		{"elements of an interface", []any{1, uint8(2), true, []string{"a"}, 1.5, ptr("p")}, `(#1,#2,YES,(a),1.5,p)`},
		{"zone is dropped", netip.MustParseAddr("fe80::1%eth0"), `#I[fe80::1]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			text, err := cgpdata.Marshal(row.v)
			require.NoError(t, err)
			require.Equal(t, row.want, string(text))
		})
	}
}

func TestMarshalErrors(t *testing.T) {
	t.Parallel()
	var loop any
	loop = &loop
	ring := &chain{}
	ring.Next = ring
	type endless *endless
	list := []any{nil}
	list[0] = list
	for _, row := range []struct {
		name string
		v    any
		want string
	}{
		{"channel", map[string]any{"a": make(chan int)}, `type that has no text: chan int at a`},
		{"map with other keys", map[int]int{}, `type that has no text: map[int]int`},
		{"pointer to itself", new(endless), `type that has no text: *cgpdata_test.endless`},
		{"interface that holds itself", loop, `nested deeper than MaxDepth`},
		{"slice that holds itself", list, `nested deeper than MaxDepth at [0]`},
		{"struct that holds itself", ring, `nested deeper than MaxDepth at Next.Next`},
		{"number beyond 63 bits", []uint64{1, math.MaxUint64}, `number beyond 64 bits at [1]`},
		{"infinity", point3{Z: math.Inf(1)}, `not a finite number at Z`},
		{"zero time", map[string]time.Time{"t": {}}, `year outside 1970 to 2038 at t`},
		{"year 10000", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), `year outside 1 to 9999`},
		{"part of a second", []time.Duration{time.Millisecond}, `not a whole number of seconds at [0]`},
		{"negative size", cgpdata.Size(-2), `cgpdata.Size: negative number`},
		{"empty key", map[string]int{"": 1}, `empty key at ""`},
		{"NUL", []string{"\x00"}, `NUL byte in string at [0]`},
		{"method", []loud{{}}, `cgpdata_test.loud: nothing to say at [0]`},
		{"inline map with the key of a field", open{Rest: map[string]cgpdata.Value{"Name": {}}}, `inline map has the key of a field`},
		{"same key", struct {
			A int
			B int `cgp:"A"`
		}{}, `field B: a second one with the key "A"`},
		{"unknown option", struct {
			A int `cgp:"A,omitemtpy"`
		}{}, `tag of field A: unknown option "omitemtpy"`},
		{"string for a string", struct {
			A string `cgp:",string"`
		}{}, `tag of field A: string is for integers`},
		{"inline for an integer", struct {
			A int `cgp:",inline"`
		}{}, `field A: inline is for structs and for maps with string keys`},
		{"inline with a key", struct {
			A point `cgp:"A,inline"`
		}{}, `tag of field A: inline goes with nothing else`},
		{"two inline maps", struct {
			A, B map[string]int `cgp:",inline"`
		}{}, `field B: a second inline map`},
		{"tag of a field that is not exported", struct {
			a int `cgp:"A"`
		}{}, `field a has a tag and is not exported`},
		{"embedded pointer to an unexported type", struct{ *point }{}, `field point is not exported: it cannot be inline`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			before := []byte("before")
			text, err := cgpdata.MarshalAppend(before, row.v, nil)
			require.ErrorContains(t, err, row.want)
			require.True(t, strings.HasPrefix(err.Error(), "cgpdata: marshal: "))
			require.Equal(t, "before", string(text))
		})
	}
	_, err := cgpdata.Marshal(ring)
	require.ErrorIs(t, err, cgpdata.ErrDepth)
}

type point3 struct{ X, Y, Z float64 }

func TestMarshalAppend(t *testing.T) {
	t.Parallel()
	v := struct {
		B []point
		A string
	}{[]point{{1, 2}}, "ä\n"}
	for _, row := range []struct {
		name string
		f    cgpdata.Format
		want string
	}{
		{"zero", cgpdata.Format{}, `>{B=({X=#1;Y=#2;});A="ä\e";}`},
		{"strings", cgpdata.Format{LF: cgpdata.EscapeN, ASCII: true}, `>{B=({X=#1;Y=#2;});A="\u'e4'\n";}`},
		{"sorted", cgpdata.Format{SortKeys: true}, `>{A="ä\e";B=({X=#1;Y=#2;});}`},
		{"settings", cgpdata.Format{Layout: cgpdata.Settings}, ">{\n B = ({X=#1;Y=#2;});\n A = \"ä\\e\";\n}\n"},
		{"indented", cgpdata.Format{Layout: cgpdata.Indented}, ">{\n  B =  (\n    {\n      X =  #1;\n      Y =  #2;\n    }\n  );\n  A =  \"ä\\e\";\n}\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			text, err := cgpdata.MarshalAppend([]byte(">"), v, &row.f)
			require.NoError(t, err)
			require.Equal(t, row.want, string(text))
		})
	}
	_, err := cgpdata.MarshalAppend(nil, v, &cgpdata.Format{MaxDepth: 2})
	require.EqualError(t, err, "cgpdata: marshal: nested deeper than MaxDepth at B[0]")
}
