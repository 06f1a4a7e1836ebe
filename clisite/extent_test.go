package clisite

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var extentRows = []struct {
	name, text string
	want       string // the first command
	open       bool   // there is no end
}{
	{name: "one line", text: "A b\nC\n", want: "A b "},
	{name: "CRLF", text: "A b\r\nC\r\n", want: "A b  "},
	{name: "tabs", text: "A\tb\nC\n", want: "A b "},
	{name: "array", text: "A (b,\r\n c)\nD\n", want: "A (b,   c) "},
	{name: "dictionary", text: "A {b=c;\n\n}\nD\n", want: "A {b=c;  } "},
	{name: "nested", text: "A ({\n)\n}\nD\n", want: "A ({ ) } "},
	{name: "datablock", text: "A [QU\r\nJD]\nD\n", want: "A [QU  JD] "},
	{name: "bracket in a datablock", text: "A [(\n]\nD\n", want: "A [( ] "},
	{name: "bracket in quotes", text: "A \"(\"\nD\n", want: "A \"(\" "},
	{name: "escaped quote", text: "A (\"\\\"\n\")\nD\n", want: "A (\"\\\"\n\") "},
	{name: "open quote", text: "A \"b\nC\n", want: "A \"b\n"},
	{name: "open quote behind a backslash", text: "A \"b\\\nC\n", want: "A \"b\\\n"},
	{name: "closing bracket alone", text: "A ) (\n)\nC\n", want: "A ) ( ) "},
	{name: "XML", text: "A (<b>(\n</b>)\nC\n", want: "A (<b>(\n</b>) "},
	{name: "XML element in another", text: "A (<b><b>\n</b>)\n</b>)\nC\n", want: "A (<b><b>\n</b>)\n</b>) "},
	{name: "empty XML element", text: "A (<b/>,\n<b />)\nC\n", want: "A (<b/>, <b />) "},
	{name: "attribute", text: "A (<b c=\">)\" d='\">)'/>\n)\nC\n", want: "A (<b c=\">)\" d='\">)'/> ) "},
	{name: "remark", text: "A (<b><!-->) <c> \n--></b>)\nC\n", want: "A (<b><!-->) <c> \n--></b>) "},
	{name: "raw text", text: "A (<b><![CDATA[</b>)\n]]></b>)\nC\n", want: "A (<b><![CDATA[</b>)\n]]></b>) "},
	{name: "instruction", text: "A (<?x )?><b/>)\nC\n", want: "A (<?x )?><b/>) "},
	{name: "less than outside of brackets", text: "A <b\nC\n", want: "A <b "},
	{name: "array without an end", text: "A (b\nC\n", open: true},
	{name: "datablock without an end", text: "A [b\nC\n", open: true},
	{name: "XML without an end", text: "A (<b>)\nC\n", open: true},
	{name: "quote in brackets without an end", text: "A (\")\nC\n", open: true},
}

// firstCommand feeds a text piece by piece, as it may come, and returns the first command.
func firstCommand(text string, size int) (command string, rest string, ended bool) {
	e := &extent{}
	for text != "" {
		n := min(size, len(text))
		if i := strings.IndexByte(text[:n], '\n'); i >= 0 {
			n = i + 1
		}
		part := []byte(text[:n])
		ended = e.feed(part)
		command += string(part)
		if text = text[n:]; ended {
			return command, text, true
		}
	}
	return command, "", false
}

func TestExtent(t *testing.T) {
	t.Parallel()
	for _, row := range extentRows {
		for _, size := range []int{1, 2, 3, 1000} {
			command, rest, ended := firstCommand(row.text, size)
			require.Equal(t, !row.open, ended, row.name)
			if ended {
				require.Equal(t, row.want, command, row.name)
				require.NotEmpty(t, rest, row.name)
			}
		}
	}
}

// FuzzExtent: the end of a command is the same however it comes, and it is the end of a
// line.
func FuzzExtent(f *testing.F) {
	for _, row := range extentRows {
		f.Add(row.text, 3)
	}
	f.Fuzz(func(t *testing.T, text string, size int) {
		whole, rest, ended := firstCommand(text, 1<<20)
		pieces, restOfPieces, endedInPieces := firstCommand(text, 1+size&63)
		require.Equal(t, ended, endedInPieces)
		require.Equal(t, rest, restOfPieces)
		require.Equal(t, len(whole), len(pieces))
		if ended {
			require.Equal(t, "\n", text[len(whole)-1:len(whole)])
			if words, err := splitWords([]byte(whole)); err == nil {
				require.LessOrEqual(t, len(words), maxWords)
			}
		}
	})
}
