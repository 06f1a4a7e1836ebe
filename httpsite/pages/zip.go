package pages

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// maxZipped bounds the entries of an archive, so that a request ends. Our choice.
const maxZipped = 1_000_000

// getZip sends a folder with all below it as an archive.
func getZip(v *visit) error {
	name := v.FolderName()
	if name == "" {
		name, _, _ = strings.Cut(v.Account, "@")
	}
	return v.sendZip(name, []string{v.Folder})
}

// zipMarked sends what is marked.
func (v *visit) zipMarked(marked []string) error {
	if len(marked) == 0 {
		return mistake{code: http.StatusBadRequest, key: "files.markToDownload"}
	}
	for _, name := range marked {
		_, last := filestore.Split(name)
		if _, err := v.View.Stat(v.HTTP.Context(), name); err != nil {
			return about(last, err)
		}
	}
	name := v.FolderName()
	if len(marked) == 1 {
		_, name = filestore.Split(marked[0])
	}
	if name == "" {
		name, _, _ = strings.Cut(v.Account, "@")
	}
	return v.sendZip(name, marked)
}

// sendZip sends entries as an archive while it reads them: their names in it are those
// below the folder. What goes away meanwhile is left out. An error amid it cuts the answer,
// so that a browser does not take it for a whole one.
func (v *visit) sendZip(name string, entries []string) error {
	if len(entries) == 1 && entries[0] == v.Folder {
		if info, err := v.View.Stat(v.HTTP.Context(), v.Folder); err != nil || !info.IsDir() {
			return errors.Join(err, fs.ErrNotExist)
		}
	}
	header := v.Writer.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + ".zip"}))
	header.Set("Cache-Control", "private, no-store")
	v.answered = true
	v.Writer.WriteHeader(http.StatusOK)
	if v.HTTP.Method == http.MethodHead {
		return nil
	}
	z := zipper{view: v.View, w: zip.NewWriter(v.Writer), folder: v.Folder}
	for _, entry := range entries {
		if err := z.add(v.HTTP.Context(), entry); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return z.w.Close()
}

// zipper writes entries of a storage into an archive.
type zipper struct {
	view   *filestore.View
	w      *zip.Writer
	folder string // which names in the archive begin below
	n      int
}

func (z *zipper) add(ctx context.Context, name string) error {
	info, err := z.view.Stat(ctx, name)
	if err != nil {
		return err
	}
	return z.addEntry(ctx, info)
}

func (z *zipper) addEntry(ctx context.Context, info filestore.FileInfo) error {
	if z.n++; z.n > maxZipped {
		return errors.New("more entries than an archive takes")
	}
	head := &zip.FileHeader{Name: z.nameOf(info.Path()), Modified: info.ModTime().UTC()}
	if !info.IsDir() {
		return z.addFile(ctx, info, head)
	}
	if head.Name += "/"; info.Path() != z.folder {
		if _, err := z.w.CreateHeader(head); err != nil {
			return err
		}
	}
	for below, err := range z.view.List(ctx, info.Path(), "") {
		if err == nil && filestore.IsSidecar(below.Name()) {
			continue // it may hold keys, which whoever gets the archive must not have
		}
		if err == nil {
			err = z.addEntry(ctx, below)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (z *zipper) addFile(ctx context.Context, info filestore.FileInfo, head *zip.FileHeader) error {
	file, err := z.view.Open(ctx, info.Path())
	if err != nil {
		return err
	}
	defer file.Close()
	// What is compressed already would only cost time.
	switch head.Method = zip.Deflate; kindOf(info.Name()) {
	case "image", "audio", "video", "archive":
		head.Method = zip.Store
	}
	w, err := z.w.CreateHeader(head)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, file)
	return err
}

func (z *zipper) nameOf(path string) string {
	if z.folder == filestore.Root {
		return path
	}
	return strings.TrimPrefix(path, z.folder+"/")
}
