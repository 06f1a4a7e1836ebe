package pages

import (
	"path"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// kinds are what the pages can show of a file, each with the extensions of names. They
// choose a symbol and a way to preview a file, and decide nothing about its content type.
const kinds = `
image png apng jpg jpeg jpe jfif gif webp avif bmp ico svg
audio mp3 m4a m4b aac ogg oga opus wav flac weba
video mp4 m4v webm ogv mov
pdf pdf
text txt text log conf cfg ini list diff patch nfo asc toml yaml yml md markdown csv tsv json xml html htm css js mjs
text c h cc cpp hpp cs go rs java kt swift py rb pl lua sh bat ps1 sql tex srt vtt ics ifb vfb vcf meta settings tbd
archive zip gz tgz bz2 xz zst 7z rar tar jar deb rpm
`

var kindByExtension = readKinds()

func readKinds() map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(kinds) {
		words := strings.Fields(line)
		for i, word := range words {
			if i > 0 {
				all[word] = words[0]
			}
		}
	}
	return all
}

// kindOf returns the kind of a name; "" is none that is known.
func kindOf(name string) string {
	return kindByExtension[strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))]
}

// iconOf returns the symbol for an entry.
func iconOf(info filestore.FileInfo) string {
	kind := kindOf(info.Name())
	switch {
	case info.IsDir():
		return "folder"
	case kind == "":
		return "file"
	}
	return kind
}
