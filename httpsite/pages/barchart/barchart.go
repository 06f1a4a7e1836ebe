// Package barchart draws bars as SVG, to stand in a web page: numbers of things by day,
// for example, each bar made of parts on top of each other.
//
//	chart := barchart.Chart{Title: "Calls by day", Labels: days, Series: []barchart.Series{{Name: "incoming", Values: in}}}
//	page.WriteString(chart.SVG())
//
// Colours come from presentation attributes, so that a policy against styles in a page
// leaves them, and from classes, so that a style sheet can choose others: barchart for the
// drawing, barchart-1, barchart-2 and so on for the series, barchart-grid for lines.
//
// Source: Scalable Vector Graphics (SVG) 2.
package barchart

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"
)

// Chart has a bar for each label. Use field names.
type Chart struct {
	// Title says what the drawing shows, to those who do not see it.
	Title  string
	Labels []string
	Series []Series
	// Number writes a number for people; nil: digits.
	Number func(int64) string
}

// Series is one part of each bar.
type Series struct {
	Name string
	// Values belong to the labels in their order. Those that are missing, and negative
	// ones, are 0.
	Values []int64
}

// MaxBars is how many bars are drawn at most: the first ones. Our choice.
const MaxBars = 400

// Measures of the drawing, in pixels at its natural size.
const (
	width, height = 720, 240
	left, bottom  = 44, 26 // room for numbers and labels
	top           = 34     // room for the names of the series
	letter        = 7      // about the width of one
)

// colours are those of the series, unless classes say otherwise. Each has a contrast of at
// least 3:1 with white and with black (WCAG 2.2, 1.4.11).
var colours = [...]string{"#2f7bc0", "#c2570c", "#6f7f2f", "#9455b5"}

// SVG returns the drawing. It is safe in a page whatever names and labels are.
func (c Chart) SVG() string {
	bars := min(len(c.Labels), MaxBars)
	largest := int64(1)
	for i := range bars {
		sum := int64(0)
		for _, s := range c.Series {
			sum += s.at(i)
		}
		largest = max(largest, sum)
	}
	step := gridStep(largest)
	ceiling := (largest + step - 1) / step * step
	y := func(n int64) float64 {
		return top + (height-top-bottom)*(1-float64(n)/float64(ceiling))
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="barchart" role="img" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-size="12" fill="currentColor"><title>%s</title>`,
		width, height, html.EscapeString(c.Title))
	for n := int64(0); n <= ceiling; n += step {
		fmt.Fprintf(&b, `<line class="barchart-grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="currentColor" stroke-opacity=".2"/>`, left, width, y(n), y(n))
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" text-anchor="end">%s</text>`, left-6, y(n)+4, html.EscapeString(c.number(n)))
	}
	c.legend(&b)
	room := float64(width-left) / float64(max(bars, 1))
	thick := min(room*0.8, 60)
	every := c.labelEvery(bars, room)
	for i := range bars {
		middle := left + room*(float64(i)+0.5)
		sum := int64(0)
		for j, s := range c.Series {
			n := s.at(i)
			if n == 0 {
				continue
			}
			fmt.Fprintf(&b, `<rect class="barchart-%d" x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"><title>%s</title></rect>`,
				j+1, middle-thick/2, y(sum+n), thick, y(sum)-y(sum+n), colours[j%len(colours)], html.EscapeString(c.Labels[i]+", "+s.Name+": "+c.number(n)))
			sum += n
		}
		if i%every == 0 {
			fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`, middle, height-8, html.EscapeString(c.Labels[i]))
		}
	}
	b.WriteString("</svg>")
	return b.String()
}

// legend writes the names of the series.
func (c Chart) legend(b *strings.Builder) {
	x := left
	for j, s := range c.Series {
		fmt.Fprintf(b, `<rect class="barchart-%d" x="%d" y="6" width="12" height="12" fill="%s"/><text x="%d" y="16">%s</text>`,
			j+1, x, colours[j%len(colours)], x+18, html.EscapeString(s.Name))
		x += 40 + letter*utf8.RuneCountInString(s.Name)
	}
}

// labelEvery tells at which bars there is room for labels.
func (c Chart) labelEvery(bars int, room float64) int {
	longest := 1
	for _, label := range c.Labels[:bars] {
		longest = max(longest, utf8.RuneCountInString(label))
	}
	return int(float64(letter*longest+6)/room) + 1
}

func (c Chart) number(n int64) string {
	if c.Number != nil {
		return c.Number(n)
	}
	return fmt.Sprint(n)
}

// maxValue keeps sums from overflowing.
const maxValue = int64(1) << 53

func (s Series) at(i int) int64 {
	if i >= len(s.Values) {
		return 0
	}
	return min(max(s.Values[i], 0), maxValue)
}

// gridStep returns the distance of at most five lines up to n: 1, 2 or 5 times a power of
// ten.
func gridStep(n int64) int64 {
	for step := int64(1); ; step *= 10 {
		for _, times := range []int64{1, 2, 5} {
			if n <= 4*step*times {
				return step * times
			}
		}
	}
}
