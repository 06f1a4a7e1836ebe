package cgpdata_test

import (
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

func TestConstructors(t *testing.T) {
	t.Parallel()
	noon := time.Date(2005, 10, 22, 17, 24, 45, 999, time.FixedZone("", 2*3600))
	addr := netip.MustParseAddr("fe80::1%eth0")
	xml, err := cgpdata.XML("<a>\n</a><b/>")
	require.NoError(t, err)
	for _, row := range []struct {
		v    cgpdata.Value
		kind cgpdata.Kind
		want string
	}{
		{cgpdata.Value{}, cgpdata.KindString, `""`},
		{cgpdata.String("a b"), cgpdata.KindString, `"a b"`},
		{cgpdata.Data([]byte{0x1D, 0xCA, 0x87, 0x7C, 0x72}), cgpdata.KindData, `[HcqHfHI=]`},
		{cgpdata.Data(nil), cgpdata.KindData, `[]`},
		{cgpdata.Number(math.MinInt64), cgpdata.KindNumber, `#-9223372036854775808`},
		{cgpdata.Time(noon), cgpdata.KindTime, `#T22-10-2005_15:24:45`},
		{cgpdata.Date(noon.Add(-17 * time.Hour)), cgpdata.KindTime, `#T21-10-2005`},
		{cgpdata.Past(), cgpdata.KindTime, `#TPAST`},
		{cgpdata.Future(), cgpdata.KindTime, `#TFUTURE`},
		{cgpdata.IP(addr), cgpdata.KindIP, `#I[fe80::1]`},
		{cgpdata.IPPort(netip.AddrPortFrom(addr, 25)), cgpdata.KindIP, `#I[fe80::1]:25`},
		{cgpdata.IP(netip.Addr{}), cgpdata.KindNull, `#NULL#`},
		{cgpdata.Null(), cgpdata.KindNull, `#NULL#`},
		{xml, cgpdata.KindXML, `<a> </a><b/>`},
		{cgpdata.Array(), cgpdata.KindArray, `()`},
		{cgpdata.Array(cgpdata.Null(), cgpdata.Array()), cgpdata.KindArray, `(#NULL#,())`},
		{cgpdata.Dictionary(), cgpdata.KindDictionary, `{}`},
		{cgpdata.Dictionary(cgpdata.Pair{"b", cgpdata.Number(1)}, cgpdata.Pair{"a", cgpdata.Number(2)}, cgpdata.Pair{"b", cgpdata.Number(3)}), cgpdata.KindDictionary, `{b=#3;a=#2;}`},
	} {
		require.Equal(t, row.kind, row.v.Kind(), row.want)
		require.Equal(t, row.want, row.v.String())
		require.True(t, row.v.Equal(row.v.Clone()), row.want)
		back, err := cgpdata.Parse([]byte(row.want), nil)
		require.NoError(t, err)
		require.Equal(t, row.v.Kind() != cgpdata.KindXML, back.Equal(row.v), row.want) // the XML has a line feed
	}
}

func TestXMLRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                "line 1, column 1: unterminated XML element",
		"text":            "line 1, column 1: XML: want an element",
		" <a/>":           "line 1, column 1: XML: want an element",
		"<a/> ":           `line 1, column 5: want the end of the XML element, not " "`,
		"<a/>);<b/>":      `line 1, column 5: want the end of the XML element, not ")"`,
		"<a>":             "line 1, column 4: unterminated XML element",
		"<a><!DOCTYPE b>": "line 1, column 4: XML: DOCTYPE and its like are refused",
	} {
		v, err := cgpdata.XML(in)
		require.EqualError(t, err, "cgpdata: "+want, in)
		require.Equal(t, cgpdata.Value{}, v)
	}
	_, err := cgpdata.XML("<a>\xFF</a>")
	require.Error(t, err)
	_, err = cgpdata.XML("<a><!-- \xFF --></a>")
	require.ErrorContains(t, err, "invalid UTF-8")
}

func TestAccessors(t *testing.T) {
	t.Parallel()
	v := parse(t, `("s t",[AQID],#-5,#T22-10-2005_15:24:45,#T22-10-2005,#I[10.0.0.1]:25,#I[::1],#NULL#,(a,b),{k=v;l=w;},<a/>,#(o),#I[x])`)
	require.Equal(t, 13, v.Len())

	require.Equal(t, "s t", v.Index(0).Text())
	require.Equal(t, "<a/>", v.Index(10).Text())
	require.Equal(t, "#(o)", v.Index(11).Text())
	require.Empty(t, v.Index(2).Text(), "the text of a number is not for Text")

	require.Equal(t, []byte{1, 2, 3}, v.Index(1).Bytes())
	v.Index(1).Bytes()[0] = 9
	require.Equal(t, []byte{1, 2, 3}, v.Index(1).Bytes(), "Bytes is a copy")
	require.Nil(t, v.Index(0).Bytes())
	require.NotNil(t, cgpdata.Data(nil).Bytes())

	n, ok := v.Index(2).Int()
	require.True(t, ok)
	require.Equal(t, int64(-5), n)
	_, ok = v.Index(0).Int()
	require.False(t, ok)

	at, ok := v.Index(3).Time()
	require.True(t, ok)
	require.Equal(t, time.Date(2005, 10, 22, 15, 24, 45, 0, time.UTC), at)
	require.False(t, v.Index(3).IsDate())
	at, ok = v.Index(4).Time()
	require.True(t, ok)
	require.Equal(t, time.Date(2005, 10, 22, 0, 0, 0, 0, time.UTC), at)
	require.True(t, v.Index(4).IsDate())
	past, ok := cgpdata.Past().Time()
	require.True(t, ok)
	future, ok := cgpdata.Future().Time()
	require.True(t, ok)
	require.True(t, past.Before(at) && at.Before(future))
	require.True(t, cgpdata.Past().IsPast() && cgpdata.Future().IsFuture())
	require.False(t, cgpdata.String("PAST").IsPast() || cgpdata.Future().IsPast() || cgpdata.String("FUTURE").IsFuture())
	_, ok = v.Index(0).Time()
	require.False(t, ok)

	ap, ok := v.Index(5).AddrPort()
	require.True(t, ok)
	require.Equal(t, netip.MustParseAddrPort("10.0.0.1:25"), ap)
	ip, ok := v.Index(6).Addr()
	require.True(t, ok)
	require.Equal(t, netip.MustParseAddr("::1"), ip)
	_, ok = v.Index(12).AddrPort()
	require.False(t, ok)
	require.Equal(t, cgpdata.KindIP, v.Index(12).Kind())
	_, ok = v.Index(0).Addr()
	require.False(t, ok)

	require.Equal(t, cgpdata.Value{}, v.Index(-1))
	require.Equal(t, cgpdata.Value{}, v.Index(13))
	require.Equal(t, "w", v.Index(9).Index(1).Text())
	require.Equal(t, map[string]cgpdata.Value{"k": cgpdata.String("v"), "l": cgpdata.String("w")}, maps.Collect(v.Index(9).Pairs()))
	require.Equal(t, []cgpdata.Value{cgpdata.String("a"), cgpdata.String("b")}, slices.Collect(v.Index(8).Elements()))
	require.Len(t, slices.Collect(v.Index(9).Elements()), 2)
	require.Empty(t, maps.Collect(v.Index(8).Pairs()))
	for range v.Elements() {
		break
	}
	for range v.Index(9).Pairs() {
		break
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 16, 17, 1000} {
		for _, step := range []int{1, 7} { // in order, and not
			text := "{"
			var pairs []cgpdata.Pair
			for i := range n {
				key := fmt.Sprintf("key%04d", i*step%max(n, 1))
				text += key + "=v" + key + ";"
				pairs = append(pairs, cgpdata.Pair{Key: key, Value: cgpdata.String("v" + key)})
			}
			parsed, built := parse(t, text+"}"), cgpdata.Dictionary(pairs...)
			require.True(t, parsed.Equal(built) && built.Equal(parsed.Clone()))
			for _, v := range []cgpdata.Value{parsed, built, parsed.Clone()} {
				for _, p := range pairs {
					got, ok := v.Get(p.Key)
					require.True(t, ok)
					require.Equal(t, p.Value.Text(), got.Text())
				}
				for _, absent := range []string{"", "a", "key", "key0000a", "KEY0000", "z"} {
					_, ok := v.Get(absent)
					require.False(t, ok, absent)
				}
			}
		}
	}
	_, ok := cgpdata.Array(cgpdata.String("a")).Get("a")
	require.False(t, ok)
}

func TestDictionaryWithManyRepeatedKeys(t *testing.T) {
	t.Parallel()
	var pairs []cgpdata.Pair
	for i := range 1000 {
		pairs = append(pairs, cgpdata.Pair{Key: fmt.Sprint("k", i*7%30), Value: cgpdata.Number(int64(i))})
	}
	v := cgpdata.Dictionary(pairs...)
	require.Equal(t, 30, v.Len())
	at := 0
	for key, got := range v.Pairs() {
		require.Equal(t, pairs[at].Key, key, "at the place of the first")
		want, _ := cgpdata.Number(int64(at + (999-at)/30*30)).Int()
		last, _ := got.Int()
		require.Equal(t, want, last, "with the value of the last")
		at++
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	different := []string{
		`a`, `b`, `""`, `#1`, `"1"`, `[MQ==]`, `#T22-10-2005`, `#T22-10-2005_00:00:00`, `#NULL#`, `()`, `{}`, `(a)`, `(b)`, `(a,a)`,
		`{a=b;}`, `{a=c;}`, `{b=b;}`, `{a=b;b=b;}`, `{a=b;c=b;}`, `({a=(b);})`, `({a=(c);})`, `<a/>`, `<a></a>`, `#(a)`, `#I[1.2.3.4]`, `#I[1.2.3.4]:1`,
	}
	for i, a := range different {
		for j, b := range different {
			require.Equal(t, i == j, parse(t, a).Equal(parse(t, b)), "%s and %s", a, b)
		}
	}
	require.True(t, parse(t, `{a=1;b=(2);}`).Equal(parse(t, `{b=(2);a=1;}`)), "order of keys")
	require.True(t, parse(t, `#0x10`).Equal(cgpdata.Number(16)))
}

func TestConstructorsCopy(t *testing.T) {
	t.Parallel()
	elems := []cgpdata.Value{cgpdata.String("a")}
	pairs := []cgpdata.Pair{{Key: "k", Value: elems[0]}}
	data := []byte{1}
	v := cgpdata.Array(cgpdata.Array(elems...), cgpdata.Dictionary(pairs...), cgpdata.Data(data))
	elems[0], pairs[0].Key, data[0] = cgpdata.Null(), "x", 2
	require.Equal(t, `((a),{k=a;},[AQ==])`, v.String())
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	v := parse(t, `{key="text";list=("text");}`)
	list, _ := v.Get("list")
	old, clone := list.Index(0).Text(), list.Clone().Index(0).Text()
	require.Equal(t, old, clone)
	require.NotSame(t, unsafe.StringData(old), unsafe.StringData(clone))
}

func TestValueIsSmall(t *testing.T) {
	t.Parallel()
	require.Equal(t, 3*unsafe.Sizeof(uintptr(0)), unsafe.Sizeof(cgpdata.Value{}))
}
