package cgpdata_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

func parse(t *testing.T, text string) cgpdata.Value {
	t.Helper()
	v, err := cgpdata.Parse([]byte(text), &cgpdata.Options{Allow: cgpdata.Lenient, MaxDepth: math.MaxInt})
	require.NoError(t, err)
	return v
}

func TestAppendFormats(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, in string
		f        cgpdata.Format
		want     string
	}{
		{name: "one line", in: `{ a = ( b , {} ) ; }`, want: `{a=(b,{});}`},
		{name: "every kind", in: `(a,"b c",[HQ],#-0X1f,#T22-10-2005,#I[2001:DB8:0::1]:25,#null#,( ),{ },<a />,#( b ))`, want: `(a,"b c",[HQ==],#-31,#T22-10-2005,#I[2001:db8::1]:25,#NULL#,(),{},<a />,#( b ))`},
		{name: "settings", in: `{b={c=(d,e);};a=1;}`, f: cgpdata.Format{Layout: cgpdata.Settings}, want: "{\n b = {c=(d,e);};\n a = 1;\n}\n"},
		{name: "settings, sorted", in: `{b={d=1;c=2;};a=1;}`, f: cgpdata.Format{Layout: cgpdata.Settings, SortKeys: true}, want: "{\n a = 1;\n b = {c=2;d=1;};\n}\n"},
		{name: "settings, byte order", in: `{AdvertiseBasicAUTH=YES;AIRSYNCLog=2;}`, f: cgpdata.Format{SortKeys: true}, want: `{AIRSYNCLog=2;AdvertiseBasicAUTH=YES;}`},
		{name: "settings, empty", in: `{}`, f: cgpdata.Format{Layout: cgpdata.Settings}, want: "{\n}\n"},
		{name: "settings, array", in: `(a,{b=c;})`, f: cgpdata.Format{Layout: cgpdata.Settings}, want: "(a,{b=c;})\n"},
		{name: "settings keep XML", in: "{a=<b\n/>;}", f: cgpdata.Format{Layout: cgpdata.Settings}, want: "{\n a = <b\n/>;\n}\n"},
		{name: "indented", in: `{b={c=(d,"e f");};a=({g=1;});}`, f: cgpdata.Format{Layout: cgpdata.Indented}, want: "{\n  b =  {\n    c =  (d, \"e f\");\n  };\n  a =  (\n    {\n      g =  1;\n    }\n  );\n}\n"},
		{name: "indented, sorted", in: `{b=1;a=2;}`, f: cgpdata.Format{Layout: cgpdata.Indented, SortKeys: true}, want: "{\n  a =  2;\n  b =  1;\n}\n"},
		{name: "indented, empty", in: `{}`, f: cgpdata.Format{Layout: cgpdata.Indented}, want: "{}\n"},
		{name: "indented string", in: `a`, f: cgpdata.Format{Layout: cgpdata.Indented}, want: "a\n"},
		{name: "wide atoms", in: `("a.b_c-d@e","-a","_a","a#","a:")`, want: `(a.b_c-d@e,"-a","_a","a#","a:")`},
		{name: "atoms of 2005", in: `("a.b_c","_a",a-b,"")`, f: cgpdata.Format{Atoms: cgpdata.Atoms2005}, want: `(a.b_c,_a,"a-b","")`},
		{name: "atoms of 1999", in: `("ab1",a.b,{c_d=e;})`, f: cgpdata.Format{Atoms: cgpdata.Atoms1999}, want: `(ab1,"a.b",{"c_d"=e;})`},
		{name: "control bytes", in: `"\r\n\t\001\031\127\r\n"`, want: `"\r\e\t\001\031\127\r\e"`},
		{name: "line feed as byte", in: `"a\eb"`, f: cgpdata.Format{LF: cgpdata.EscapeN}, want: `"a\nb"`},
		{name: "CR LF as one end of line", in: `"a\r\nb\rc\r\n\r"`, f: cgpdata.Format{JoinCRLF: true}, want: `"a\eb\rc\e\r"`},
		{name: "ASCII", in: `{"é"="a😀\255\uz";}`, f: cgpdata.Format{ASCII: true}, want: `{"\u'e9'"="a\u'1f600'\255\\uz";}`},
		{name: "broken UTF-8", in: `"\195é\169\237\160\128"`, want: `"\195é\169\237\160\128"`},
		{name: "all years", in: `(#T31-12-1969,#T01-01-2039)`, f: cgpdata.Format{AllYears: true}, want: `(#T31-12-1969,#T01-01-2039)`},
		{name: "years of 2005", in: `(#T01-01-1970,#T31-12-2038,#TPAST,#TFUTURE)`, want: `(#T01-01-1970,#T31-12-2038,#TPAST,#TFUTURE)`},
		{name: "empty key", in: `{""=a;}`, f: cgpdata.Format{Allow: cgpdata.EmptyKey}, want: `{""=a;}`},
		{name: "byte 0", in: `"\000"`, f: cgpdata.Format{Allow: cgpdata.NULByte}, want: `"\000"`},
		{name: "fraction", in: `#12.5`, f: cgpdata.Format{Allow: cgpdata.Fraction}, want: `#12.5`},
		{name: "no address", in: `#I[x]`, f: cgpdata.Format{Allow: cgpdata.BadAddress}, want: `#I[x]`},
		{name: "no UTF-8 in an object", in: "#(\xFF)", f: cgpdata.Format{Allow: cgpdata.InvalidUTF8}, want: "#(\xFF)"},
		{name: "deep", in: strings.Repeat("(", 1000) + strings.Repeat(")", 1000), f: cgpdata.Format{MaxDepth: 1000}, want: strings.Repeat("(", 1000) + strings.Repeat(")", 1000)},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := cgpdata.Append([]byte("before "), parse(t, row.in), &row.f)
			require.NoError(t, err)
			require.Equal(t, "before "+row.want, string(got))
		})
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	deep := cgpdata.Array()
	for range 1_000_000 {
		deep = cgpdata.Array(deep)
	}
	for _, row := range []struct {
		name    string
		v       cgpdata.Value
		f       cgpdata.Format
		wantErr string
	}{
		{name: "empty key", v: parse(t, `{a=(b,{""=c;});}`), wantErr: `empty key at a[1].""`},
		{name: "byte 0", v: cgpdata.String("\x00"), wantErr: "NUL byte in string"},
		{name: "byte 0 in a key", v: parse(t, `{"\000"=a;}`), wantErr: `NUL byte in string at "\000"`},
		{name: "fraction", v: parse(t, `{a=#12.5;}`), wantErr: "fraction in number at a"},
		{name: "no address", v: parse(t, `#I[x]`), wantErr: "invalid IP address"},
		{name: "no UTF-8 in an object", v: parse(t, "#(\xFF)"), wantErr: "invalid UTF-8"},
		{name: "line feed in XML", v: parse(t, "{a=<b\n/>;}"), wantErr: "line end in single-line text at a"},
		{name: "return in an object", v: parse(t, "#(\r)"), wantErr: "line end in single-line text"},
		{name: "line feed in an address", v: parse(t, "#I[\n]"), f: cgpdata.Format{Allow: cgpdata.Lenient}, wantErr: "line end in single-line text"},
		{name: "year 1969", v: cgpdata.Date(time.Unix(-1, 0)), wantErr: "year outside 1970 to 2038"},
		{name: "year 2039", v: parse(t, `{a=#T01-01-2039;}`), wantErr: "year outside 1970 to 2038 at a"},
		{name: "year 10000", v: cgpdata.Time(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), f: cgpdata.Format{AllYears: true}, wantErr: "year outside 1 to 9999"},
		{name: "year 0", v: cgpdata.Date(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)), f: cgpdata.Format{AllYears: true}, wantErr: "year outside 1 to 9999"},
		{name: "year before 0", v: cgpdata.Time(time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)), f: cgpdata.Format{AllYears: true}, wantErr: "year outside 1 to 9999"},
		{name: "a million arrays", v: deep, wantErr: "nested deeper than MaxDepth at " + strings.Repeat("[0]", 67) + "..."},
		{name: "depth has a ceiling", v: deep, f: cgpdata.Format{Layout: cgpdata.Indented, MaxDepth: math.MaxInt}, wantErr: "nested deeper than MaxDepth at " + strings.Repeat("[0]", 67) + "..."},
		{name: "empty array too deep", v: parse(t, "((a,()))"), f: cgpdata.Format{Layout: cgpdata.Indented, MaxDepth: 2}, wantErr: "nested deeper than MaxDepth at [0][1]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := cgpdata.Append([]byte("before"), row.v, &row.f)
			require.EqualError(t, err, "cgpdata: append: "+row.wantErr)
			require.Equal(t, "before", string(got))
		})
	}
	_, err := cgpdata.Append(nil, deep, nil)
	require.ErrorIs(t, err, cgpdata.ErrDepth)
	require.True(t, deep.Equal(deep.Clone()), "values of any depth are compared and cloned")
	require.Contains(t, deep.String(), "nested deeper")
}

func TestEnumNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Kind(17)", cgpdata.Kind(17).String())
	require.Equal(t, "Object", cgpdata.KindObject.String())
	require.Equal(t, "String", cgpdata.Value{}.Kind().String())
	require.Equal(t, "Indented", cgpdata.Indented.String())
	require.Equal(t, "Layout(9)", cgpdata.Layout(9).String())
	require.Equal(t, "Atoms1999", cgpdata.Atoms1999.String())
	require.Equal(t, "EscapeN", cgpdata.EscapeN.String())
	require.Equal(t, "trailing comma, empty text", (cgpdata.TrailingComma | cgpdata.EmptyText).String())
	require.Empty(t, cgpdata.Tolerance(0).String())
}

// Two keys that differ in their line ends stay two.
func TestJoinCRLFLeavesKeysAlone(t *testing.T) {
	t.Parallel()
	v := cgpdata.Dictionary(
		cgpdata.Pair{Key: "a\r\nb", Value: cgpdata.String("x\r\ny")},
		cgpdata.Pair{Key: "a\nb", Value: cgpdata.String("2")},
	)
	text, err := cgpdata.Append(nil, v, &cgpdata.Format{JoinCRLF: true})
	require.NoError(t, err)
	require.Equal(t, `{"a\r\eb"="x\ey";"a\eb"=2;}`, string(text))
	require.NoError(t, cgpdata.Valid(text, nil))
}
