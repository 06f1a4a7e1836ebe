package weekpage_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/freebusy/weekpage"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// screenshot returns what Chromium shows of a page, in a window of some size.
func screenshot(t *testing.T, page []byte, size string, more ...string) image.Image {
	t.Helper()
	dir := fixture.ProgramDir(t)
	file, picture := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.png")
	require.NoError(t, os.WriteFile(file, page, 0o600))
	command := exec.CommandContext(t.Context(), fixture.Program(t, "chromium"), append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=1",
		"--user-data-dir=" + filepath.Join(dir, "profile"), "--window-size=" + size, "--screenshot=" + picture, "file://" + file,
	}, more...)...)
	command.Env = append(os.Environ(), "HOME="+dir)
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	data, err := os.ReadFile(picture)
	require.NoError(t, err, string(out))
	m, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return m
}

// extent returns how many pixels of a colour stand side by side at most, and how
// many above each other.
func extent(m image.Image, c color.RGBA) (width, height int) {
	above := make([]int, m.Bounds().Max.X) // in each column, down to this row
	for y := range m.Bounds().Max.Y {
		beside := 0
		for x := range m.Bounds().Max.X {
			beside, above[x] = beside+1, above[x]+1
			if color.RGBAModel.Convert(m.At(x, y)) != c {
				beside, above[x] = 0, 0
			}
			width, height = max(width, beside), max(height, above[x])
		}
	}
	return width, height
}

// In a browser a block is as high as its hours, whatever the width of the
// window, and its colour follows the scheme that the visitor prefers.
func TestChromiumDrawsWeek(t *testing.T) {
	t.Parallel()
	day := hour(-24) // a Thursday
	s := freebusy.Schedule{Start: hour(-240), End: hour(240), Periods: periods{{Start: day, End: day.Add(20 * time.Hour)}}}
	var page bytes.Buffer
	require.NoError(t, weekpage.Write(&page, s, &weekpage.Options{Now: hour(0)}))
	for _, tt := range []struct {
		name, size string
		flags      []string
		busy       color.RGBA
		width      int
	}{
		{"desk", "1000,1000", nil, color.RGBA{0x2f, 0x6c, 0xa8, 0xff}, 108},
		{"dark", "1000,1000", []string{"--blink-settings=preferredColorScheme=0"}, color.RGBA{0x35, 0x72, 0xb0, 0xff}, 108},
		{"small", "500,1000", nil, color.RGBA{0x2f, 0x6c, 0xa8, 0xff}, 58},
	} {
		t.Run(tt.name, func(t *testing.T) {
			width, height := extent(screenshot(t, page.Bytes(), tt.size, tt.flags...), tt.busy)
			require.Equal(t, 20*24, height, "20 hours of 24 pixels")
			require.InDelta(t, tt.width, width, 1, "12.4 percent of the drawing")
		})
	}
}
