package qrsvg_test

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/httpsite/pages/qrsvg"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

var (
	viewBox = regexp.MustCompile(`viewBox="0 0 (\d+) \d+"`)
	run     = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-\d+z`)
)

// paint makes a picture of a drawing, eight pixels for a module.
func paint(t *testing.T, svg string) image.Image {
	t.Helper()
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		return n
	}
	const module = 8
	size := number(viewBox.FindStringSubmatch(svg)[1]) * module
	m := image.NewGray(image.Rect(0, 0, size, size))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	for _, found := range run.FindAllStringSubmatch(svg, -1) {
		x, y, n := number(found[1])*module, number(found[2])*module, number(found[3])*module
		for dy := range module {
			for dx := range n {
				m.SetGray(x+dx, y+dy, color.Gray{})
			}
		}
	}
	return m
}

// Another program reads what is drawn.
func TestScannersReadIt(t *testing.T) {
	t.Parallel()
	zbarimg := fixture.Program(t, "zbarimg")
	for name, text := range map[string]string{
		"link":  "https://client1.com:8100/~john/protected/holidays/pwd/ABCDEFGHIJKLMNOPQRSTUVWXYZ/",
		"ascii": "a",
		"long":  strings.Repeat("http://client1.com/%D0%90/", 30),
		"utf-8": "https://client1.com/~john/Привет",
	} {
		svg, err := qrsvg.Draw(text, name)
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "code.png")
		file, err := os.Create(path)
		require.NoError(t, err)
		require.NoError(t, png.Encode(file, paint(t, svg)))
		require.NoError(t, file.Close())
		out, err := exec.CommandContext(t.Context(), zbarimg, "--quiet", "--raw", path).Output()
		require.NoError(t, err)
		require.Equal(t, text+"\n", string(out), name)
	}
}

func TestTitleIsEscaped(t *testing.T) {
	t.Parallel()
	svg, err := qrsvg.Draw("x", `</title><script>"&'`)
	require.NoError(t, err)
	require.Contains(t, svg, "<title>&lt;/title&gt;&lt;script&gt;&#34;&amp;&#39;</title>")
	require.NotContains(t, svg, "style=")
}

func TestTooLong(t *testing.T) {
	t.Parallel()
	_, err := qrsvg.Draw(strings.Repeat("x", qrsvg.MaxBytes), "")
	require.NoError(t, err)
	_, err = qrsvg.Draw(strings.Repeat("x", qrsvg.MaxBytes+1), "")
	require.ErrorIs(t, err, qrsvg.ErrTooLong)
}

func FuzzDraw(f *testing.F) {
	for _, seed := range []string{"", "A1", "12345", "a\x00\xff", strings.Repeat("9", qrsvg.MaxBytes)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		svg, err := qrsvg.Draw(text, text)
		if len(text) > qrsvg.MaxBytes {
			require.ErrorIs(t, err, qrsvg.ErrTooLong)
			return
		}
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(svg, `"/></svg>`))
	})
}
