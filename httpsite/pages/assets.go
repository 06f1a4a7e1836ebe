package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed assets
var assetFiles embed.FS

// asset is a file that pages load. Its name has a hash of its content in it, so that
// browsers may keep it for ever.
type asset struct {
	path        string // behind PageName and a slash
	contentType string
	plain, gzip []byte
}

// assetFolder is the page below which assets stand.
const assetFolder = "assets/"

// IsAsset reports whether a page, as Split returns it, is what pages load: style, scripts and
// symbols, which are the same for everybody.
func IsAsset(page string) bool { return strings.HasPrefix(page, assetFolder) }

// assets returns all of them by the name of their file.
var assets = sync.OnceValue(func() map[string]*asset {
	all := map[string]*asset{}
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		panic(err) // they are part of the program
	}
	for _, entry := range entries {
		name := entry.Name()
		content, err := fs.ReadFile(assetFiles, "assets/"+name)
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(content)
		extension := path.Ext(name)
		a := &asset{
			path:        assetFolder + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:8]) + extension,
			contentType: assetTypes[extension],
			plain:       content,
		}
		var packed bytes.Buffer
		w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // the level is one that there is
		_, err = w.Write(content)
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			panic(err) // a Buffer takes all
		}
		a.gzip = packed.Bytes()
		all[name] = a
	}
	return all
})

var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// serveAsset sends an asset to anybody. One of another version of the program is not
// found.
func (v *visit) serveAsset() error {
	if v.HTTP.Method != http.MethodGet && v.HTTP.Method != http.MethodHead {
		return StatusError(http.StatusMethodNotAllowed)
	}
	for _, a := range assets() {
		if a.path != v.Page {
			continue
		}
		header := v.Writer.Header()
		header.Set("Content-Type", a.contentType)
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox") // for whoever opens it by itself
		header.Set("Vary", "Accept-Encoding")
		content := a.plain
		if strings.Contains(v.HTTP.Header.Get("Accept-Encoding"), "gzip") {
			content = a.gzip
			header.Set("Content-Encoding", "gzip")
		}
		v.Writer.WriteHeader(http.StatusOK)
		if v.HTTP.Method == http.MethodHead {
			return nil
		}
		_, err := v.Writer.Write(content)
		return err
	}
	return fs.ErrNotExist
}
