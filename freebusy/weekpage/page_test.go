package weekpage_test

import (
	"bytes"
	"io"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/freebusy/weekpage"
)

func drawPage(t *testing.T, file io.Reader, query string) weekPage {
	t.Helper()
	values, err := url.ParseQuery(query)
	require.NoError(t, err)
	var b bytes.Buffer
	page := weekpage.Page{Zone: zone(t, "Europe/Berlin"), Now: func() time.Time { return hour(12) }}
	require.NoError(t, page.Write(&b, file, values))
	return readWeek(t, b.String())
}

func TestPage(t *testing.T) {
	t.Parallel()
	p := drawPage(t, strings.NewReader(sampleText), "")
	require.Contains(t, p.rows, "Friday 6 March, today|10:00|11:00|Busy")
	require.Empty(t, p.notes)
	p = drawPage(t, strings.NewReader(sampleText), "zone=UTC&week=2009-03-06")
	require.Contains(t, p.rows, "Friday 6 March, today|09:00|10:00|Busy")
	p = drawPage(t, strings.NewReader(sampleText), "zone=x&week=x")
	require.Contains(t, p.rows, "Friday 6 March, today|10:00|11:00|Busy")
	require.Len(t, p.notes, 1)

	var now bytes.Buffer
	require.NoError(t, weekpage.Page{}.Write(&now, strings.NewReader(sampleText), nil))
	require.Contains(t, now.String(), `aria-current="date"`, "the zero value shows the present week")
}

// What somebody uploaded may be anything: the page says so and shows nothing
// as free.
func TestPageOfNoSchedule(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty": "", "binary": "\x00\xff<script>alert(1)</script>", "cut": sampleText[:len(sampleText)-20], "no VFREEBUSY": "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
		"too large": sampleText + strings.Repeat("\r\n", freebusy.MaxBytes/2),
	} {
		p := drawPage(t, strings.NewReader(text), "")
		require.Equal(t, []string{"What is published cannot be read as free/busy information, so nothing is known."}, p.notes, name)
		require.Len(t, p.rows, 7, name)
		for _, row := range p.rows {
			require.True(t, strings.HasSuffix(row, "|00:00|24:00|Unknown"), "%s: %s", name, row)
		}
	}
}

// What can be read of a file is shown, and that there may be more.
func TestPageOfPartOfASchedule(t *testing.T) {
	t.Parallel()
	p := drawPage(t, strings.NewReader(strings.Replace(sampleText, "END:VFREEBUSY", "FREEBUSY:soon\r\nEND:VFREEBUSY", 1)), "")
	require.Contains(t, p.rows, "Friday 6 March, today|10:00|11:00|Busy")
	require.Equal(t, []string{"Some of what is published cannot be read, so there may be more busy time than is shown."}, p.notes)
}

func TestPageReadsNoMoreThanItsLimit(t *testing.T) {
	t.Parallel()
	file := &counter{Reader: iotest.OneByteReader(endless{})}
	p := drawPage(t, file, "")
	require.Len(t, p.notes, 1)
	require.Equal(t, freebusy.MaxBytes+1, file.n)
}

// endless is a file of line ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

// counter counts the bytes that are read.
type counter struct {
	io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

// A file that cannot be read is no page.
func TestPageReportsTheReader(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	err := weekpage.Page{}.Write(&b, io.MultiReader(strings.NewReader(sampleText), iotest.ErrReader(io.ErrNoProgress)), nil)
	require.ErrorIs(t, err, io.ErrNoProgress)
	require.Zero(t, b.Len())
}

func BenchmarkPage(b *testing.B) {
	s := freebusy.Schedule{Start: hour(0), End: hour(60 * 24)}
	for i := range 300 {
		s.Periods = append(s.Periods, span(5*i, 5*i+2, freebusy.Type(i%4)))
	}
	usual := freebusy.Append(nil, s)
	line := "FREEBUSY:20090306T000000Z/PT1S" + strings.Repeat(",20090306T000000Z/PT1S", 1000) + "\n"
	largest := object(strings.Repeat(line, freebusy.MaxBytes/len(line)-1))
	for name, text := range map[string]string{"usual": string(usual), "largest": largest} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				page := weekpage.Page{Now: func() time.Time { return hour(12) }}
				require.NoError(b, page.Write(io.Discard, strings.NewReader(text), nil))
			}
		})
	}
}
