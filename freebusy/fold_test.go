package freebusy

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// unfolded returns the content lines of text.
func unfolded(text string) (lines []string) {
	for _, line := range unfold([]byte(text)) {
		lines = append(lines, line)
	}
	return lines
}

func TestFold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, line, want string }{
		{"empty", "", "\r\n"},
		{"short", "a", "a\r\n"},
		{"just fits", strings.Repeat("a", 75), strings.Repeat("a", 75) + "\r\n"},
		{"one more", strings.Repeat("a", 76), strings.Repeat("a", 75) + "\r\n a\r\n"},
		{"two folds", strings.Repeat("a", 150), strings.Repeat("a", 75) + "\r\n " + strings.Repeat("a", 74) + "\r\n a\r\n"},
		{"letter of two octets at the border", strings.Repeat("a", 74) + "ü", strings.Repeat("a", 74) + "\r\n ü\r\n"},
		{"letter of four octets at the border", strings.Repeat("a", 72) + "😀", strings.Repeat("a", 72) + "\r\n 😀\r\n"},
		{"blank at the border", strings.Repeat("a", 75) + " b", strings.Repeat("a", 75) + "\r\n  b\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := string(appendFolded(nil, tt.line))
			require.Equal(t, tt.want, got)
			require.Equal(t, []string{tt.line}, unfolded(got))
		})
	}
}

func TestUnfold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		text string
		want []string
	}{
		{"nothing", "", nil},
		{"LF and CRLF", "a\nb\r\nc", []string{"a", "b", "c"}},
		{"blank and TAB", "a\r\n b\n\tc\r\nd\r\n", []string{"abc", "d"}},
		{"inside a letter", "\xc3\r\n \xbc\r\n", []string{"ü"}},
		{"empty line ends the line", "a\n\n b\n", []string{"a", "b"}},
		{"blank first", " a\n b\n", []string{" ab"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, unfolded(tt.text))
		})
	}
}

func TestUnfoldTellsTheFirstLine(t *testing.T) {
	t.Parallel()
	var numbers []int
	for n := range unfold([]byte("a\n b\nc\n\n d\ne")) {
		numbers = append(numbers, n)
	}
	require.Equal(t, []int{1, 3, 4, 6}, numbers)
	for range unfold([]byte("a\nb\n")) {
		break
	}
}

func FuzzFold(f *testing.F) {
	f.Add("ORGANIZER;CN=" + strings.Repeat("ü", 80) + ":mailto:a@b")
	f.Add(strings.Repeat("a", 74) + " 😀\xff\xfe " + strings.Repeat(" ", 80))
	f.Fuzz(func(t *testing.T, line string) {
		line = strings.NewReplacer("\r", "", "\n", "").Replace(line)
		folded := string(appendFolded(nil, line))
		require.Equal(t, []string{line}, unfolded(folded))
		for part := range strings.SplitSeq(strings.TrimSuffix(folded, "\r\n"), "\r\n") {
			require.LessOrEqual(t, len(part), 75)
			require.True(t, utf8.ValidString(part) || !utf8.ValidString(line))
		}
	})
}
