package barchart_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/httpsite/pages/barchart"
)

// element is one element of a drawing.
type element struct {
	name, text string
	attributes map[string]string
}

func (e element) number(t *testing.T, name string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(e.attributes[name], 64)
	require.NoError(t, err, name)
	require.False(t, math.IsNaN(n) || math.IsInf(n, 0))
	return n
}

// parse reads a drawing, which has to be well-formed.
func parse(t *testing.T, svg string) (all []element) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err, svg)
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attributes: map[string]string{}}
			for _, a := range token.Attr {
				e.attributes[a.Name.Local] = a.Value
			}
			all = append(all, e)
		case xml.CharData:
			all[len(all)-1].text += string(token)
		}
	}
}

func named(all []element, name, class string) (found []element) {
	for _, e := range all {
		if e.name == name && (class == "" || e.attributes["class"] == class) {
			found = append(found, e)
		}
	}
	return found
}

func TestBars(t *testing.T) {
	t.Parallel()
	c := barchart.Chart{Title: "Calls", Labels: []string{"1", "2", "3"}, Series: []barchart.Series{
		{Name: "in", Values: []int64{4, 0, 7}}, {Name: "out", Values: []int64{4, 2}},
	}}
	all := parse(t, c.SVG())
	in, out := named(all, "rect", "barchart-1"), named(all, "rect", "barchart-2")
	require.Len(t, in, 3, "the legend, and two that are not 0")
	require.Len(t, out, 3)
	require.InDelta(t, in[1].number(t, "height"), out[1].number(t, "height"), 0.11)
	require.InDelta(t, in[1].number(t, "y"), out[1].number(t, "y")+out[1].number(t, "height"), 0.11, "on top of each other")
	require.InDelta(t, 2, out[1].number(t, "height")/out[2].number(t, "height"), 0.01)
	require.Less(t, out[1].number(t, "x"), out[2].number(t, "x"))
	var texts []string
	for _, e := range named(all, "text", "") {
		texts = append(texts, e.text)
	}
	require.Equal(t, []string{"0", "2", "4", "6", "8", "in", "out", "1", "2", "3"}, texts)
	require.Equal(t, "3, in: 7", named(all, "title", "")[len(named(all, "title", ""))-1].text)
}

// Whatever the numbers and names are, the drawing is well-formed and stays in its frame.
func TestOddCharts(t *testing.T) {
	t.Parallel()
	many := make([]string, 5000)
	for i := range many {
		many[i] = fmt.Sprintf("2009-03-%d", i)
	}
	for name, c := range map[string]barchart.Chart{
		"zero":     {},
		"no bars":  {Title: "x", Series: []barchart.Series{{Name: "a"}}},
		"hostile":  {Title: `</title><script>alert(1)</script>`, Labels: []string{`"><img src=x onerror=alert(1)>`}, Series: []barchart.Series{{Name: "<b>&\x00", Values: []int64{1}}}},
		"negative": {Labels: []string{"a"}, Series: []barchart.Series{{Values: []int64{-5}}}},
		"huge":     {Labels: []string{"a"}, Series: []barchart.Series{{Values: []int64{math.MaxInt64}}, {Values: []int64{math.MaxInt64, 1, 2}}}},
		"many":     {Labels: many, Series: []barchart.Series{{Name: "n", Values: []int64{1, 2, 3}}}},
	} {
		svg := c.SVG()
		require.NotContains(t, svg, "<script", name)
		require.NotContains(t, svg, "<img", name)
		require.NotContains(t, svg, "style=", name)
		if name != "hostile" { // which has a character that XML forbids and HTML does not
			for _, e := range named(parse(t, svg), "rect", "") {
				require.GreaterOrEqual(t, e.number(t, "y"), 0.0, name)
				require.LessOrEqual(t, e.number(t, "y")+e.number(t, "height"), 240.1, name)
				require.LessOrEqual(t, e.number(t, "x")+e.number(t, "width"), 720.1, name)
			}
		}
		require.Less(t, len(svg), 100_000, name)
	}
}

func ExampleChart_SVG() {
	c := barchart.Chart{Title: "Calls by day", Labels: []string{"5 March"}, Series: []barchart.Series{{Name: "incoming", Values: []int64{3}}}}
	_, bar, _ := strings.Cut(c.SVG(), "<rect class=\"barchart-1\" x=\"352.0\"")
	fmt.Println(bar)
	// Output:
	//  y="34.0" width="60.0" height="180.0" fill="#2f7bc0"><title>5 March, incoming: 3</title></rect><text x="382.0" y="232" text-anchor="middle">5 March</text></svg>
}
