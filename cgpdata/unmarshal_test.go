package cgpdata_test

import (
	"io"
	"math"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	for _, row := range mapped {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := reflect.New(reflect.TypeOf(row.v).Elem())
			require.NoError(t, cgpdata.Unmarshal([]byte(row.text), got.Interface()))
			require.Equal(t, row.v, got.Interface())

			v, err := cgpdata.Parse([]byte(row.text), nil)
			require.NoError(t, err)
			got = reflect.New(reflect.TypeOf(row.v).Elem())
			require.NoError(t, cgpdata.UnmarshalValue(v, got.Interface()))
			require.Equal(t, row.v, got.Interface())
		})
	}
}

// What Marshal writes in another way is read all the same.
func TestUnmarshalOnly(t *testing.T) {
	t.Parallel()
	date := time.Date(2005, 10, 22, 0, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name, in string
		to, want any // pointers; to is what is there before
	}{
		{"number as word", `5`, ptr(0), ptr(5)},
		{"negative number as string", `"-5"`, ptr(int8(0)), ptr(int8(-5))},
		{"hexadecimal number", `#0xFF`, ptr(uint8(0)), ptr(uint8(255))},
		{"string of a number", `#5`, ptr(""), ptr("5")},
		{"strings of numbers", `(a,#5,#NULL#,"b\e")`, ptr([]string(nil)), ptr([]string{"a", "5", "", "b\n"})},
		{"size of a number", `#10`, ptr(cgpdata.Size(0)), ptr(cgpdata.Size(10))},
		{"float of a number", `#-3`, ptr(0.0), ptr(-3.0)},
		{"small letters", `(yes,No)`, ptr([]bool(nil)), ptr([]bool{true, false})},
		{"date", `#T22-10-2005`, ptr(time.Time{}), &date},
		{"address as string", `10.0.44.55`, ptr(netip.Addr{}), ptr(netip.MustParseAddr("10.0.44.55"))},
		{"address and port as string", `"[::1]:25"`, ptr(netip.AddrPort{}), ptr(netip.MustParseAddrPort("[::1]:25"))},
		{"no port", `#I[1.2.3.4]`, ptr(netip.AddrPort{}), ptr(netip.MustParseAddrPort("1.2.3.4:0"))},
		{"field without a key stays", `{X=#3;}`, &point{1, 2}, &point{3, 2}},
		{"unknown keys", `{a=({};#1);X=#3;}`, &point{}, nil},
		{"unknown keys are passed over", `{a=({},#1);X=#3;b=c;}`, &point{}, &point{X: 3}},
		{"keys in another order", `{Y=#2;X=#1;}`, &point{}, &point{1, 2}},
		{"quoted keys", `{"\088"=#1;}`, &point{}, &point{X: 1}},
		{"keys differ in case", `{x=#1;}`, &point{}, &point{}},
		{"null is zero", `{X=#NULL#;Y=#null#;}`, &point{1, 2}, &point{}},
		{"null in a pointer", `#NULL#`, ptr(ptr(5)), ptr((*int)(nil))},
		{"null in an interface", `#NULL#`, ptr(any(5)), ptr(any(nil))},
		{"null in a map", `#NULL#`, &map[string]int{"a": 1}, ptr(map[string]int(nil))},
		{"null for a method", `#NULL#`, &loud{}, &loud{"null"}},
		{"map keeps what it has", `{a=#1;}`, &map[string]int{"a": 5, "b": 6}, &map[string]int{"a": 1, "b": 6}},
		{"element of a map is new", `{a={X=#1;};}`, &map[string]point{"a": {5, 6}}, &map[string]point{"a": {1, 0}}},
		{"slice is new", `(#1)`, &[]int{5, 6}, &[]int{1}},
		{"array's rest is zero", `(#1)`, &[3]int{5, 6, 7}, &[3]int{1, 0, 0}},
		{"pointer is kept", `{X=#1;}`, ptr(&point{5, 6}), ptr(&point{1, 6})},
		{"interface is replaced", `#1`, ptr(any(&point{})), ptr(any(int64(1)))},
		{"raw values", `(<a/>,#(x))`, ptr(any(nil)), nil},
		{"comments", "{ // one\n X /* two */ = #1; }", &point{}, &point{X: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := cgpdata.Unmarshal([]byte(row.in), row.to)
			switch {
			case row.name == "unknown keys":
				require.EqualError(t, err, `cgpdata: line 1, column 7: want ',' or ')', not ";" at a[0]`)
			case row.want == nil:
				require.NoError(t, err)
				text, err := cgpdata.Marshal(row.to)
				require.NoError(t, err)
				require.Equal(t, row.in, string(text))
			default:
				require.NoError(t, err)
				require.Equal(t, row.want, row.to)
			}
		})
	}
}

// An array that was in use elsewhere does not change.
func TestUnmarshalSliceIsNew(t *testing.T) {
	t.Parallel()
	old := []int{1, 2, 3}
	to := old[:1]
	require.NoError(t, cgpdata.Unmarshal([]byte(`(#7,#8)`), &to))
	require.Equal(t, []int{7, 8}, to)
	require.Equal(t, []int{1, 2, 3}, old)
}

func TestUnmarshalErrors(t *testing.T) {
	t.Parallel()
	type all struct {
		Name  string
		Port  uint16
		Small int8
		On    bool
		Float float32
		Bytes [2]byte
		Data  []byte
		Time  time.Time
		Wait  cgpdata.Duration
		Pause time.Duration
		Size  cgpdata.Size
		IP    netip.Addr
		IPs   []netip.AddrPort
		Pair  [2]int
		List  []point
		Map   map[string]point
		Loud  map[string]loud
		Chan  chan int
		Read  io.Reader
		Bad   struct {
			A int `cgp:",nonsense"`
		}
	}
	for _, row := range []struct{ name, in, want string }{
		{"wrong kind", "{\n Port = (a);\n}", `line 2, column 9: Array does not fit into uint16 at Port`},
		{"whole text", `(a)`, `line 1, column 1: Array does not fit into cgpdata_test.all`},
		{"data in a string", `{Name=[];}`, `line 1, column 7: Data does not fit into string at Name`},
		{"too big", `{Port=65536;}`, `line 1, column 7: String does not fit into uint16: number too big at Port`},
		{"too big, typed", `{Port=#65536;}`, `line 1, column 7: Number does not fit into uint16: number too big at Port`},
		{"too big for any", `{Port=99999999999999999999;}`, `line 1, column 7: String does not fit into uint16: number too big at Port`},
		{"too small", `{Small=#-129;}`, `line 1, column 8: Number does not fit into int8: number too big at Small`},
		{"negative", `{Port=#-1;}`, `line 1, column 7: Number does not fit into uint16: negative number at Port`},
		{"no number", `{Small=secret;}`, `line 1, column 8: String does not fit into int8: not a decimal number at Small`},
		{"plus", `{Small="+1";}`, `line 1, column 8: String does not fit into int8: not a decimal number at Small`},
		{"no bool", `{On=on;}`, `line 1, column 5: String does not fit into bool: want YES or NO at On`},
		{"number as bool", `{On=#1;}`, `line 1, column 5: Number does not fit into bool at On`},
		{"no float", `{Float=0x1p4;}`, `line 1, column 8: String does not fit into float32: not a decimal number at Float`},
		{"infinity", `{Float=inf;}`, `line 1, column 8: String does not fit into float32: not a decimal number at Float`},
		{"float too big", `{Float=1e40;}`, `line 1, column 8: String does not fit into float32: number too big at Float`},
		{"length of bytes", `{Bytes=[AQ==];}`, `line 1, column 8: Data does not fit into [2]uint8: 1 bytes at Bytes`},
		{"string as bytes", `{Data=abc;}`, `line 1, column 7: String does not fit into []uint8 at Data`},
		{"string as time", `{Time="22-10-2005";}`, `line 1, column 7: String does not fit into time.Time at Time`},
		{"no duration", `{Wait=1w;}`, `line 1, column 7: String does not fit into cgpdata.Duration: not a number with a known suffix at Wait`},
		{"no time.Duration", `{Pause=1s;}`, `line 1, column 8: String does not fit into time.Duration: not a number with a known suffix at Pause`},
		{"dictionary as size", `{Size={};}`, `line 1, column 7: Dictionary does not fit into cgpdata.Size at Size`},
		{"no address", `{IP=host;}`, `line 1, column 5: String does not fit into netip.Addr: not an IP address at IP`},
		{"port", `{IP=#I[1.2.3.4]:5;}`, `line 1, column 5: IP does not fit into netip.Addr: IP address with a port at IP`},
		{"zone", `{IPs=(#I[::1]:5,"[fe80::1%eth0]:1");}`, `line 1, column 17: String does not fit into netip.AddrPort: not an IP address at IPs[1]`},
		{"too many", `{Pair=(#1,#2,#3);}`, `line 1, column 14: Number does not fit into [2]int: too many elements at Pair[2]`},
		{"deep", `{List=({X=#1;},{X=#2;Y=z;});}`, `line 1, column 24: String does not fit into int: not a decimal number at List[1].Y`},
		{"in a map", `{Map={"a b"={Y=();};};}`, `line 1, column 16: Array does not fit into int at Map."a b".Y`},
		{"method", `{Loud={a=(x,());};}`, `line 1, column 10: Array does not fit into string at Loud.a[1]`},
		{"method, wrong kind", `{Loud={a=x;};}`, `line 1, column 10: String does not fit into []string at Loud.a`},
		{"channel", `{Chan=x;}`, `line 1, column 7: String does not fit into chan int: type that has no text at Chan`},
		{"interface with methods", `{Read=x;}`, `line 1, column 7: String does not fit into io.Reader: type that has no text at Read`},
		{"tag", `{Bad={};}`, `unknown option "nonsense" at Bad`},
		{"not well-formed", `{Port=(a;}`, `line 1, column 9: want ',' or ')', not ";" at Port[0]`},
		{"not well-formed behind", `{Name=a;Port=5`, `line 1, column 15: unterminated dictionary at Port`},
		{"no value", `{Name=);}`, `line 1, column 7: want a value, not ")" at Name`},
		{"repeated key", `{Name=a;Port=5;Name=b;}`, `line 1, column 16: duplicate key`},
		{"missing value", `{Name=;}`, `line 1, column 7: missing value at Name`},
		{"something behind", `{} x`, `line 1, column 4: want the end of the text, not "x"`},
		{"empty", ``, `line 1, column 1: empty text`},
		{"unterminated comment", `{} /*`, `line 1, column 6: unterminated comment`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := cgpdata.Unmarshal([]byte(row.in), new(all))
			require.ErrorContains(t, err, row.want)
			require.True(t, strings.HasPrefix(err.Error(), "cgpdata: line "))
		})
	}
	for _, v := range []any{nil, point{}, (*point)(nil)} {
		require.ErrorContains(t, cgpdata.Unmarshal([]byte(`{}`), v), "want a pointer that is not nil")
	}
}

func TestUnmarshalErrorFields(t *testing.T) {
	t.Parallel()
	var to map[string][]int8
	err := cgpdata.Unmarshal([]byte("{a=(#1);\r\n b=(#2,\n\t#300);}"), &to)
	var e *cgpdata.UnmarshalError
	require.ErrorAs(t, err, &e)
	require.EqualError(t, e.Unwrap(), "number too big")
	e.Err = nil
	require.Equal(t, cgpdata.UnmarshalError{Offset: 19, Line: 3, Column: 2, Path: "b[1]", Kind: cgpdata.KindNumber, Type: reflect.TypeFor[int8]()}, *e)
	require.Equal(t, map[string][]int8{"a": {1}}, to)

	err = cgpdata.UnmarshalValue(cgpdata.Array(cgpdata.Null(), cgpdata.String("x")), new([]bool))
	require.EqualError(t, err, "cgpdata: String does not fit into bool: want YES or NO at [1]")
}

func TestUnmarshalWith(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, in string
		o        cgpdata.UnmarshalOptions
		to, want any // pointers
		wantErr  string
	}{
		{name: "unknown key", in: `{X=#1; Z=#2;}`, o: cgpdata.UnmarshalOptions{KnownKeys: true}, to: &point{}, wantErr: "cgpdata: line 1, column 8: unknown key at Z"},
		{name: "inline map knows all keys", in: `{Z=#2;}`, o: cgpdata.UnmarshalOptions{KnownKeys: true}, to: &open{}, want: &open{Rest: map[string]cgpdata.Value{"Z": cgpdata.Number(2)}}},
		{name: "empty text", in: ``, o: repaired, to: &point{1, 2}, want: &point{1, 2}},
		{name: "empty text, any", in: ``, o: repaired, to: ptr(any(nil)), want: ptr(any(map[string]any{}))},
		{name: "empty text, Value", in: ``, o: repaired, to: &cgpdata.Value{}, want: ptr(cgpdata.Dictionary())},
		{name: "blank text, Value", in: ` `, o: repaired, to: &cgpdata.Value{}, want: ptr(cgpdata.Dictionary())},
		{name: "braces", in: `X=#1;Y=2;`, o: repaired, to: &point{}, want: &point{1, 2}},
		{name: "braces, any", in: `X=#1;`, o: repaired, to: ptr(any(nil)), want: ptr(any(map[string]any{"X": int64(1)}))},
		{name: "braces, Value", in: `X=#1;`, o: repaired, to: &open{}, want: &open{Rest: map[string]cgpdata.Value{"X": cgpdata.Number(1)}}},
		{name: "braces, wrong kind", in: `X=#1;`, o: repaired, to: ptr(""), wantErr: "cgpdata: line 1, column 1: Dictionary does not fit into string"},
		{name: "braces, wrong kind inside", in: "X=#1;\nY=();", o: repaired, to: &point{}, wantErr: "cgpdata: line 2, column 3: Array does not fit into int at Y"},
		{name: "missing values", in: `{X=;Z=;Y=;}`, o: repaired, to: &point{1, 2}, want: &point{}},
		{name: "missing values, any", in: `{X=;Y=;}`, o: repaired, to: ptr(any(nil)), want: ptr(any(map[string]any{"X": nil, "Y": nil}))},
		{name: "missing values, inline", in: `{X=;Name=n;Y=;}`, o: repaired, to: &open{}, want: &open{"n", map[string]cgpdata.Value{"X": cgpdata.Null(), "Y": cgpdata.Null()}}},
		{name: "missing value, method", in: `{X=;}`, o: repaired, to: &map[string]loud{}, want: &map[string]loud{"X": {"null"}}},
		{name: "the last of repeated keys", in: `{a={X=#1;};b={Y=#1;};a={Y=#2;};}`, o: repaired, to: &map[string]point{}, want: &map[string]point{"a": {Y: 2}, "b": {Y: 1}}},
		{name: "the last of repeated fields", in: `{Next={Any=x;};Next={};}`, o: repaired, to: &chain{}, want: &chain{Next: &chain{}}},
		{name: "trailing comma", in: `(a,b,)`, o: repaired, to: &[]string{}, want: &[]string{"a", "b"}},
		{name: "fraction", in: `#12.5`, o: repaired, to: ptr(0.0), want: ptr(12.5)},
		{name: "fraction as integer", in: `#12.5`, o: repaired, to: ptr(0), wantErr: "cgpdata: line 1, column 1: Number does not fit into int: number with a fraction"},
		{name: "bad address", in: `#I[x]`, o: repaired, to: &netip.Addr{}, wantErr: "cgpdata: line 1, column 1: IP does not fit into netip.Addr: not an IP address"},
		{name: "single line", in: "{\nX=#1;}", o: cgpdata.UnmarshalOptions{Options: cgpdata.Options{SingleLine: true}}, to: &point{}, wantErr: "cgpdata: line 1, column 2: want a key or '}', not \"\\n\""},
		{name: "size", in: `{X=#1;}`, o: cgpdata.UnmarshalOptions{Options: cgpdata.Options{MaxBytes: 3}}, to: &point{}, wantErr: "cgpdata: line 1, column 4: text longer than MaxBytes"},
		{name: "depth", in: `((()))`, o: cgpdata.UnmarshalOptions{Options: cgpdata.Options{MaxDepth: 2}}, to: ptr(any(nil)), wantErr: "cgpdata: line 1, column 3: nested deeper than MaxDepth at [0][0]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := cgpdata.UnmarshalWith([]byte(row.in), row.to, &row.o)
			if row.wantErr != "" {
				require.EqualError(t, err, row.wantErr)
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.want, row.to)
		})
	}
}

var repaired = cgpdata.UnmarshalOptions{Options: cgpdata.Options{Allow: cgpdata.Lenient}}

// Each value counts once, whatever it becomes.
func TestUnmarshalItems(t *testing.T) {
	t.Parallel()
	const text = `{a=(x,y);b={c=#1;};d=#NULL#;}` // seven values
	for _, to := range []any{
		new(any), new(map[string]any), new(cgpdata.Value), new(map[string]cgpdata.Value), new(struct{}),
		new(struct {
			A []string `cgp:"a"`
			B struct {
				C int `cgp:"c"`
			} `cgp:"b"`
			D *int `cgp:"d"`
		}),
	} {
		require.NoError(t, cgpdata.UnmarshalWith([]byte(text), to, &cgpdata.UnmarshalOptions{Options: cgpdata.Options{MaxItems: 7}}), "%T", to)
		err := cgpdata.UnmarshalWith([]byte(text), to, &cgpdata.UnmarshalOptions{Options: cgpdata.Options{MaxItems: 6}})
		require.ErrorIs(t, err, cgpdata.ErrItems, "%T", to)
	}
}

// Depth is no danger: neither in text nor in Values.
func TestUnmarshalDeep(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("{Next=", 10_000) + "{}" + strings.Repeat(";}", 10_000)
	err := cgpdata.UnmarshalWith([]byte(deep), &chain{}, &cgpdata.UnmarshalOptions{Options: cgpdata.Options{MaxDepth: math.MaxInt}})
	require.ErrorIs(t, err, cgpdata.ErrDepth)
	v := cgpdata.Array()
	for range 20_000 {
		v = cgpdata.Array(v)
	}
	require.ErrorIs(t, cgpdata.UnmarshalValue(v, new(any)), cgpdata.ErrDepth)
}

// everyKind has a field of every kind.
type everyKind struct {
	String   string
	Bool     bool
	Int      int
	Int8     int8
	Int16    int16
	Int32    int32
	Int64    int64
	Uint     uint
	Uint8    uint8
	Uint16   uint16
	Uint32   uint32
	Uint64   uint64
	Uintptr  uintptr
	Float32  float32
	Float64  float64
	Bytes    []byte
	Array    [2]int
	Data     [2]byte
	Strings  []string
	Words    []word
	Structs  []point
	Map      map[string]point
	Any      any
	Pointer  **int
	Time     time.Time `cgp:",omitempty"`
	Pause    time.Duration
	Duration cgpdata.Duration
	Size     cgpdata.Size
	Count    cgpdata.Count
	Addr     netip.Addr
	AddrPort netip.AddrPort
	Prefix   netip.Prefix
	Value    cgpdata.Value
	Loud     *loud
	Chain    *chain
	Word     int `cgp:",string"`
	inherits
	Rest map[string]any `cgp:",inline"`
}

// Unmarshal accepts nothing that Parse does not, whatever the type; and what was read is
// written, and read back as the same.
func FuzzUnmarshal(f *testing.F) {
	addCorpus(f)
	typ := reflect.TypeFor[everyKind]()
	for _, row := range mapped {
		for i := range typ.NumField() {
			f.Add([]byte("{" + typ.Field(i).Name + "=" + row.text + ";}"))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, o := range []*cgpdata.UnmarshalOptions{{}, &repaired} {
			valid := cgpdata.Valid(src, &o.Options)
			for _, to := range []any{new(everyKind), new(any), new(cgpdata.Value), new(map[string]everyKind), new([]everyKind)} {
				err := cgpdata.UnmarshalWith(src, to, o)
				if err != nil {
					require.NotEmpty(t, err.Error())
					_, misfit := err.(*cgpdata.UnmarshalError)
					require.True(t, misfit || valid != nil, "%v", err)
					continue
				}
				require.NoError(t, valid)
				v, err := cgpdata.MarshalValue(to)
				if err != nil { // such as a key of Rest that hides behind omitempty
					continue
				}
				again := reflect.New(reflect.TypeOf(to).Elem()).Interface()
				require.NoError(t, cgpdata.UnmarshalValue(v, again))
				w, err := cgpdata.MarshalValue(again)
				require.NoError(t, err)
				require.True(t, v.Equal(w), "%v\n%v", v, w)
			}
		}
	})
}
