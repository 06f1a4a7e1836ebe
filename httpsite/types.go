package httpsite

import (
	"bytes"
	"io"
	"mime"
	"path"
	"strings"
	"sync"
	"unicode/utf8"
)

// Content types. The same storage answers alike on every machine: the settings
// of the server come first, then the tables here, and the system is asked only
// about extensions that neither knows.

// harmlessTypes are those that a browser shows, plays or saves without running
// anything of theirs in the origin of the site, each with its extensions. PDF is
// among them: its scripts run in the viewer, apart from the site, and browsers show
// none in a sandbox.
const harmlessTypes = `
text/plain txt text log conf cfg ini list diff patch nfo asc pem properties toml yaml yml
text/plain c h cc cpp hh hpp cs go rs java kt swift py rb pl pm lua tcl sh bash bat cmd ps1 sql tex bib r jsx tsx mk
text/plain php asp jsp vue scss sass less po ldif mbox srt
text/markdown md markdown
text/csv csv
text/tab-separated-values tsv tab
text/css css
text/calendar ics ifb vfb
text/vcard vcf vcard
text/vtt vtt
application/json json map
application/ld+json jsonld
application/geo+json geojson
application/manifest+json webmanifest
application/x-ndjson ndjson jsonl
application/x-ipynb+json ipynb

image/png png
image/apng apng
image/jpeg jpg jpeg jpe jfif
image/gif gif
image/webp webp
image/avif avif
image/bmp bmp dib
image/x-icon ico cur
image/tiff tif tiff
image/heic heic
image/heif heif
image/jxl jxl
image/jp2 jp2
image/vnd.djvu djvu djv
image/vnd.adobe.photoshop psd
image/x-xcf xcf
image/vnd.dxf dxf
image/vnd.dwg dwg

audio/mpeg mp3 mp2 mpga
audio/mp4 m4a m4b
audio/aac aac
audio/ogg ogg oga opus spx
audio/wav wav
audio/flac flac
audio/webm weba
audio/midi mid midi kar
audio/amr amr
audio/basic au snd
audio/x-aiff aif aiff aifc
audio/x-matroska mka
audio/x-ms-wma wma
audio/x-mpegurl m3u
application/vnd.apple.mpegurl m3u8
video/mp4 mp4 m4v mp4v
video/mpeg mpg mpeg mpe m2v
video/webm webm
video/ogg ogv
video/quicktime mov qt
video/3gpp 3gp
video/3gpp2 3g2
video/mp2t m2ts mts
video/x-matroska mkv
video/x-msvideo avi
video/x-ms-wmv wmv
video/x-flv flv

font/woff woff
font/woff2 woff2
font/ttf ttf
font/otf otf
font/collection ttc
application/vnd.ms-fontobject eot

application/pdf pdf
application/postscript ps eps ai
application/rtf rtf
application/epub+zip epub
application/x-mobipocket-ebook mobi
application/vnd.amazon.mobi8-ebook azw3
application/msword doc dot
application/vnd.ms-word.document.macroEnabled.12 docm
application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
application/vnd.openxmlformats-officedocument.wordprocessingml.template dotx
application/vnd.ms-excel xls xlt
application/vnd.ms-excel.sheet.macroEnabled.12 xlsm
application/vnd.ms-excel.sheet.binary.macroEnabled.12 xlsb
application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
application/vnd.openxmlformats-officedocument.spreadsheetml.template xltx
application/vnd.ms-powerpoint ppt pps pot
application/vnd.ms-powerpoint.presentation.macroEnabled.12 pptm
application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
application/vnd.openxmlformats-officedocument.presentationml.slideshow ppsx
application/vnd.openxmlformats-officedocument.presentationml.template potx
application/vnd.ms-outlook msg
application/vnd.visio vsd
application/vnd.ms-visio.drawing vsdx
application/onenote one
application/x-mspublisher pub
application/vnd.ms-project mpp
application/vnd.wordperfect wpd
application/x-dvi dvi
application/vnd.oasis.opendocument.text odt
application/vnd.oasis.opendocument.text-template ott
application/vnd.oasis.opendocument.spreadsheet ods
application/vnd.oasis.opendocument.spreadsheet-template ots
application/vnd.oasis.opendocument.presentation odp
application/vnd.oasis.opendocument.presentation-template otp
application/vnd.oasis.opendocument.graphics odg
application/vnd.oasis.opendocument.formula odf
application/vnd.apple.pages pages
application/vnd.apple.numbers numbers
application/vnd.apple.keynote key

application/zip zip
application/gzip gz tgz
application/x-bzip2 bz2 tbz tbz2
application/x-xz xz txz
application/zstd zst
application/x-lzma lzma
application/lzip lz
application/x-lz4 lz4
application/x-7z-compressed 7z
application/vnd.rar rar
application/x-tar tar
application/vnd.ms-cab-compressed cab
application/java-archive jar
application/x-iso9660-image iso
application/x-apple-diskimage dmg
application/vnd.android.package-archive apk
application/vnd.debian.binary-package deb
application/x-rpm rpm
application/vnd.microsoft.portable-executable exe dll
application/x-msi msi
application/octet-stream bin img dat
application/wasm wasm
application/x-bittorrent torrent
application/vnd.sqlite3 sqlite
application/vnd.google-earth.kmz kmz
application/pgp-signature sig
application/pgp-encrypted gpg pgp
application/x-pkcs12 p12 pfx
application/pkcs7-mime p7m
application/x-x509-ca-cert crt cer der
model/gltf+json gltf
model/gltf-binary glb
model/stl stl
model/obj obj
`

// otherTypes are the rest of the table: pages, all of XML (which a style sheet
// turns into a page), and what runs in some browser or other.
const otherTypes = `
text/html html htm shtml shtm
application/xhtml+xml xhtml xhtm xht
image/svg+xml svg svgz
application/xml xml xsd rng plist opml
application/xslt+xml xsl xslt
application/xml-dtd dtd
application/rss+xml rss
application/atom+xml atom
application/rdf+xml rdf owl
application/mathml+xml mathml mml
application/smil+xml smil smi
application/ttml+xml ttml
application/dash+xml mpd
application/xspf+xml xspf
application/wsdl+xml wsdl
application/gpx+xml gpx
application/vnd.google-earth.kml+xml kml
application/vnd.mozilla.xul+xml xul
text/javascript js mjs cjs
text/x-component htc
text/cache-manifest appcache manifest
multipart/related mht mhtml
message/rfc822 eml
application/hta hta
application/x-shockwave-flash swf
application/x-java-jnlp-file jnlp
application/x-ns-proxy-autoconfig pac
application/x-chrome-extension crx
application/x-xpinstall xpi
application/x-webarchive webarchive
`

const unknownType = "application/octet-stream"

// streamOrText is the type of a .ts file whose content has not been looked at:
// an MPEG transport stream, or a program in TypeScript.
const streamOrText = "video/mp2t or text/plain"

// types is the table by extension, harmless the part of its types that needs no
// sandbox.
var types, harmless = readTypes()

func readTypes() (types map[string]string, harmless map[string]bool) {
	types, harmless = map[string]string{"ts": streamOrText}, map[string]bool{streamOrText: true}
	for text, isHarmless := range map[string]bool{harmlessTypes: true, otherTypes: false} {
		for line := range strings.Lines(text) {
			fields := strings.Fields(line)
			if len(fields) == 0 {
				continue
			}
			for _, extension := range fields[1:] {
				types[extension] = fields[0]
			}
			if isHarmless {
				harmless[strings.ToLower(fields[0])] = true
			}
		}
	}
	return types, harmless
}

// typeByName tells the type of a file by its extension.
func (h *Handler) typeByName(name string) string {
	extension := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	if t, ok := cleanType(h.Types[extension]); ok {
		return t
	}
	if t, ok := types[extension]; ok {
		return t
	}
	if extension != "" {
		t, _, _ := strings.Cut(mime.TypeByExtension("."+extension), ";")
		if t, ok := cleanType(t); ok {
			return t
		}
	}
	return unknownType
}

// ValidType reports whether a content type of the settings can be sent. One
// that cannot is as if it were not there.
func ValidType(contentType string) bool {
	_, ok := cleanType(contentType)
	return ok
}

// cleanType brings a type into its canonical spelling. Nothing of what is no
// media type (RFC 9110 §8.3.1) gets through.
func cleanType(t string) (clean string, ok bool) {
	if t == "" {
		return "", false
	}
	mediaType, parameters, err := mime.ParseMediaType(t)
	kind, subtype, _ := strings.Cut(mediaType, "/")
	if err != nil || kind == "" || subtype == "" || strings.ContainsAny(mediaType, "*") {
		return "", false
	}
	clean = mime.FormatMediaType(mediaType, parameters)
	return clean, clean != ""
}

// sandboxed reports whether a page of this type is put into a sandbox: each is
// that is not known to be harmless.
func sandboxed(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	return !harmless[strings.ToLower(strings.TrimSpace(t))]
}

// typeByContent settles what the name of a file leaves open, by a look at its
// content: what a .ts file is, and the charset of text that cannot name its
// own. HTML and XML can, and a header would overrule them.
func typeByContent(t string, content io.ReaderAt, size int64) string {
	if t == streamOrText {
		if isTransportStream(content) {
			return "video/mp2t"
		}
		t = "text/plain"
	}
	if needsCharset(t) && isUTF8(content, size) {
		return t + "; charset=utf-8"
	}
	return t
}

// needsCharset reports whether this is text without a place to name its charset
// in: what browsers otherwise read as the encoding of their country.
func needsCharset(t string) bool {
	mediaType, parameters, _ := strings.Cut(t, ";")
	switch mediaType {
	case "application/javascript", "application/x-javascript", "application/ecmascript":
	case "text/html", "text/xml", "text/xsl":
		return false
	default:
		if !strings.HasPrefix(mediaType, "text/") || strings.HasSuffix(mediaType, "+xml") {
			return false
		}
	}
	return !strings.Contains(parameters, "charset")
}

// isTransportStream reports whether content begins as packets of 188 bytes do
// (ITU-T H.222.0 §2.4.3.2), and not as a text that looks like one.
func isTransportStream(content io.ReaderAt) bool {
	const packet, sync = 188, 0x47
	var start [2*packet + 1]byte
	n, _ := content.ReadAt(start[:], 0)
	for offset := 0; offset < n; offset += packet {
		if start[offset] != sync {
			return false
		}
	}
	return n >= packet && !isText(start[:packet])
}

// A file is looked at for its charset up to twice this many bytes: all of it, or
// its beginning and its end. What stands between is taken to be alike.
const charsetWindow = 64 << 10

// pieces are buffers for a look at the charset.
var pieces = sync.Pool{New: func() any { return new([16 << 10]byte) }}

// isUTF8 reports whether content, as far as it is looked at, is text in UTF-8.
func isUTF8(content io.ReaderAt, size int64) bool {
	if size <= 2*charsetWindow {
		return isUTF8Part(content, 0, size, size)
	}
	return isUTF8Part(content, 0, charsetWindow, size) && isUTF8Part(content, size-charsetWindow, size, size)
}

// isUTF8Part looks at the bytes between two offsets. Characters that these cut
// in two count as valid.
func isUTF8Part(content io.ReaderAt, from, to, size int64) bool {
	buffer := pieces.Get().(*[16 << 10]byte)
	defer pieces.Put(buffer)
	cut := from > 0 // the next byte may be in the middle of a character
	kept := 0       // bytes of a character that the next piece completes
	for from < to {
		n, err := content.ReadAt(buffer[kept:min(int64(len(buffer)), int64(kept)+to-from)], from)
		from += int64(n)
		if err == io.EOF {
			to, size = from, from // shorter than it was said to be
		} else if err != nil {
			return false
		}
		piece := buffer[:kept+n]
		for i := 0; cut && i < utf8.UTFMax-1 && len(piece) > 0 && !utf8.RuneStart(piece[0]); i++ {
			piece = piece[1:]
		}
		cut, kept = false, 0
		if from < size {
			kept = unfinished(piece)
		}
		if !isText(piece[:len(piece)-kept]) {
			return false
		}
		copy(buffer[:], piece[len(piece)-kept:])
	}
	return true
}

// unfinished is the number of bytes at the end that begin a character.
func unfinished(piece []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(piece); n++ {
		if last := piece[len(piece)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}

// isText reports whether a piece is UTF-8 and is not another encoding that
// happens to be valid: UTF-16 has zero bytes, and ISO-2022 (RFC 1468) switches
// its character sets by an escape.
func isText(piece []byte) bool {
	return utf8.Valid(piece) && bytes.IndexByte(piece, 0) < 0 &&
		!(bytes.IndexByte(piece, 0x1B) >= 0 && (bytes.Contains(piece, []byte("\x1b$")) || bytes.Contains(piece, []byte("\x1b("))))
}
