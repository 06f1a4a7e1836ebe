package httpsite

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestTypeByName(t *testing.T) {
	t.Parallel()
	h := &Handler{Types: map[string]string{
		"ours": "Application/X-Ours", "page": "TEXT/HTML; Charset=koi8-r", "md": "text/html", "bad": "text/html\r\nSet-Cookie: a=b", "two": "image/png, text/html",
		"png": "image/png; x=\"\r\ny\"", "word": "html", "star": "text/*", "css": "", "jpg": " ", "gif": "image/gif;", "semi": ";text/html", "zip": "application/zip; charset=",
	}}
	for name, want := range map[string]string{
		"x.ours": "application/x-ours", "x.page": "text/html; charset=koi8-r", "x.md": "text/html", "x.gif": "image/gif",
		"x.bad": unknownType, "x.two": unknownType, "x.word": unknownType, "x.star": unknownType, "x.semi": unknownType,
		"x.png": "image/png", "x.css": "text/css", "x.jpg": "image/jpeg", "x.zip": "application/zip",

		"x.HTML": "text/html", "a.b/x.tar.GZ": "application/gzip", "x.webm": "video/webm", "x.woff2": "font/woff2", "freebusy.vfb": "text/calendar",
		"x.markdown": "text/markdown", "x.mjs": "text/javascript", "x.docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"x.ts": streamOrText, "x": unknownType, "x.": unknownType, "x.html.": unknownType, "x.html ": unknownType, ".": unknownType, "a.html/x": unknownType,
		"x.no-such-extension": unknownType,
	} {
		require.Equal(t, want, h.typeByName(name), name)
	}
}

// What the system thinks of an extension counts only if we know nothing of it.
func TestTypeIsTheSameOnEveryMachine(t *testing.T) {
	t.Parallel()
	h := &Handler{}
	for extension, want := range types {
		require.NoError(t, mime.AddExtensionType("."+extension, "text/html; charset=utf-7"))
		require.Equal(t, want, h.typeByName("x."+extension))
		require.Equal(t, want, h.typeByName("x."+strings.ToUpper(extension)))
		require.False(t, strings.Contains(want, ";"), want)
		if want != streamOrText {
			require.True(t, ValidType(want), want)
		}
	}
	require.NoError(t, mime.AddExtensionType(".system-only", "text/html; charset=utf-7"))
	require.Equal(t, "text/html", h.typeByName("x.system-only"))
	require.True(t, sandboxed(h.typeByName("x.system-only")))
}

// An extension stands once in the table.
func TestTypesAreUnambiguous(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"ts": true}
	for line := range strings.Lines(harmlessTypes + otherTypes) {
		if fields := strings.Fields(line); len(fields) > 0 {
			for _, extension := range fields[1:] {
				require.False(t, seen[extension], extension)
				require.Equal(t, strings.ToLower(extension), extension)
				seen[extension] = true
			}
		}
	}
	require.Len(t, types, len(seen))
}

func TestSandboxed(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{
		"text/html", "Text/HTML; charset=x", "application/xhtml+xml", "image/svg+xml", "IMAGE/SVG+XML", "text/xml", "application/xml", "multipart/related",
		"multipart/x-mixed-replace; boundary=x", "message/rfc822", "nonsense", "", ";", "text/xsl", "application/xslt+xml", "text/x-component", "text/javascript",
		"application/javascript", "application/ecmascript", "text/jscript", "text/vbscript", "application/rdf+xml", "application/mathml+xml", "application/x-new+xml",
		"application/vnd.wap.xhtml+xml", "application/hta", "application/x-shockwave-flash", "text/x-server-parsed-html", "unknown/unknown", "*/*", "image/png, text/html",
		"text/plain,text/html", "application/x-unknown", "image/svg", "text/new",
	} {
		require.True(t, sandboxed(contentType), contentType)
	}
	for _, contentType := range []string{
		"text/plain", "text/plain; charset=utf-8", "image/png", "application/pdf", "text/css", "application/octet-stream", "video/webm", "audio/mpeg", "font/woff2",
		"application/zip", "text/calendar", "TEXT/Plain;x=y", "application/vnd.ms-excel.sheet.macroenabled.12", streamOrText,
	} {
		require.False(t, sandboxed(contentType), contentType)
	}
}

// counted counts what is read of a file.
type counted struct {
	io.ReaderAt
	bytes, calls int
	err          error
}

func (c *counted) ReadAt(p []byte, offset int64) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	c.calls++
	n, err := c.ReaderAt.ReadAt(p, offset)
	c.bytes += n
	return n, err
}

func TestTypeByContent(t *testing.T) {
	t.Parallel()
	const latin1 = "Gr\xFC\xDFe"
	ascii := func(n int) string { return strings.Repeat("0123456789abcde\n", n/16) }
	packets := func(n int) string { return strings.Repeat("G"+strings.Repeat("\xFF", 187), n) }
	const utf8Plain = "text/plain; charset=utf-8"
	for _, tt := range []struct {
		name, contentType, content, want string
	}{
		{"empty", "text/plain", "", utf8Plain},
		{"ASCII", "text/plain", "hello", utf8Plain},
		{"UTF-8", "text/plain", "Grüße", utf8Plain},
		{"Latin-1", "text/plain", latin1, "text/plain"},
		{"cut in a character", "text/plain", "Gr\xC3", "text/plain"},
		{"surrogate", "text/plain", "\xED\xA0\x80", "text/plain"},
		{"overlong", "text/plain", "\xC0\xAF", "text/plain"},
		{"UTF-8 with its mark", "text/plain", "\xEF\xBB\xBFGrüße", utf8Plain},
		{"UTF-16 with its mark", "text/plain", "\xFF\xFEG\x00r\x00", "text/plain"},
		{"UTF-16 without", "text/plain", "G\x00r\x00", "text/plain"},
		{"ISO-2022-JP", "text/plain", "\x1b$B$3\x1b(B", "text/plain"},
		{"coloured log", "text/plain", "\x1b[31mGrüße\x1b[0m", utf8Plain},
		{"other text", "text/csv", "Grüße", "text/csv; charset=utf-8"},
		{"any text", "text/x-new", "Grüße", "text/x-new; charset=utf-8"},
		{"script", "text/javascript", "'ü'", "text/javascript; charset=utf-8"},
		{"script, old name", "application/javascript", "'ü'", "application/javascript; charset=utf-8"},
		{"calendar", "text/calendar", "SUMMARY:ü", "text/calendar; charset=utf-8"},
		{"charset of the settings", "text/plain; charset=koi8-r", "Grüße", "text/plain; charset=koi8-r"},
		{"other parameter of the settings", "text/plain; format=flowed", "Grüße", "text/plain; format=flowed; charset=utf-8"},
		{"HTML", "text/html", "Grüße", "text/html"},
		{"XML", "text/xml", "<ü/>", "text/xml"},
		{"text in XML", "text/new+xml", "<ü/>", "text/new+xml"},
		{"JSON", "application/json", `"ü"`, "application/json"},
		{"picture", "image/png", "ü", "image/png"},

		{"a character over the border of two pieces", "text/plain", ascii(16 << 10)[1:] + "ü" + ascii(1<<10), utf8Plain},
		{"four bytes over the border", "text/plain", ascii(16 << 10)[3:] + "🎶" + ascii(1<<10), utf8Plain},
		{"half a character at the border", "text/plain", ascii(16 << 10)[1:] + "\xC3" + ascii(1<<10), "text/plain"},
		{"Latin-1 far behind ASCII", "text/plain", ascii(100<<10) + latin1, "text/plain"},
		{"Latin-1 at the end of a large file", "text/plain", ascii(1<<20) + latin1, "text/plain"},
		{"UTF-8 at the end of a large file", "text/plain", ascii(1<<20) + "Grüße", utf8Plain},
		{"UTF-8 all through a large file", "text/plain", strings.Repeat("ü", 1<<19), utf8Plain},
		{"the same, of odd borders", "text/plain", "x" + strings.Repeat("ü", 1<<19), utf8Plain},
		{"three bytes each", "text/plain", strings.Repeat("€", 1<<18), utf8Plain},
		{"four bytes each", "text/plain", "xy" + strings.Repeat("🎶", 1<<18), utf8Plain},
		{"Latin-1 all through", "text/plain", strings.Repeat("\xBD\xBE", 1<<19), "text/plain"},

		{"TypeScript", streamOrText, "const grüße: string = 'x'", utf8Plain},
		{"TypeScript in Latin-1", streamOrText, "// " + latin1, "text/plain"},
		{"TypeScript that begins like a stream", streamOrText, "Go: " + ascii(1<<10), utf8Plain},
		{"TypeScript with the marks of a stream", streamOrText, strings.Repeat("G"+strings.Repeat("x", 187), 4), utf8Plain},
		{"short TypeScript", streamOrText, "G", utf8Plain},
		{"empty TypeScript", streamOrText, "", utf8Plain},
		{"one packet", streamOrText, packets(1), "video/mp2t"},
		{"stream", streamOrText, packets(100), "video/mp2t"},
		{"video of the settings", "video/mp2t", "const x = 1", "video/mp2t"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			content := &counted{ReaderAt: strings.NewReader(tt.content)}
			require.Equal(t, tt.want, typeByContent(tt.contentType, content, int64(len(tt.content))))
			require.LessOrEqual(t, content.bytes, 2*charsetWindow+400)
			require.LessOrEqual(t, content.calls, 12)
			if !needsCharset(tt.contentType) && tt.contentType != streamOrText {
				require.Zero(t, content.calls)
			}
		})
	}
	broken := &counted{err: errors.New("disk fault")}
	require.Equal(t, "text/plain", typeByContent("text/plain", broken, 10))
	require.Equal(t, "text/plain", typeByContent(streamOrText, broken, 1000))
	shrunk := &counted{ReaderAt: strings.NewReader("Grüße")}
	require.Equal(t, utf8Plain, typeByContent("text/plain", shrunk, 1000), "what is there counts")
	shrunk.ReaderAt = strings.NewReader(ascii(16 << 10)[1:] + "\xC3")
	require.Equal(t, "text/plain", typeByContent("text/plain", shrunk, 20<<10))
}

func FuzzIsUTF8(f *testing.F) {
	for _, content := range []string{"", "ü", "\xC3", "🎶", "\xF0\x9F", "a\x00", "\x1b$", "\x80\x80\x80\x80"} {
		f.Add(content, 0)
		f.Add(content, 16<<10-1)
		f.Add(content, charsetWindow-1)
	}
	f.Fuzz(func(t *testing.T, content string, before int) {
		before = int(uint(before) % (2 * charsetWindow))
		text := append(bytes.Repeat([]byte("x"), before), content...)
		if len(text) > 2*charsetWindow {
			return
		}
		want := utf8.ValidString(content) && !strings.ContainsRune(content, 0)
		if strings.Contains(content, "\x1b") {
			return
		}
		require.Equal(t, want, isUTF8(bytes.NewReader(text), int64(len(text))))
		if want { // in a large file, wherever its borders are
			text = bytes.Repeat(append(text, 'x'), 3*charsetWindow/(len(text)+1)+1)
			require.True(t, isUTF8(bytes.NewReader(text), int64(len(text))))
		}
	})
}
