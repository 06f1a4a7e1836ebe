package pages

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// manage carries out an action. It returns the names whose removal has to be
// confirmed first, because folders are among them.
func (v *visit) manage(f form) (confirm []string, err error) {
	ctx := v.HTTP.Context()
	var marked []string
	for _, mark := range f.marks {
		name, err := entryName(v.Folder, mark)
		if err != nil {
			return nil, err
		}
		marked = append(marked, name)
	}
	switch f.action {
	case "delete":
		return v.deleteMarked(ctx, marked, f)
	case "folder":
		name, err := entryName(v.Folder, f.folder)
		if err == nil {
			err = about(f.folder, v.View.Mkdir(ctx, name))
		}
		return nil, err
	case "rename":
		if len(marked) != 1 {
			return nil, mistake{code: http.StatusBadRequest, key: "files.markOneToRename"}
		}
		name, err := entryName(v.Folder, f.newName)
		if err == nil {
			err = v.rename(ctx, marked[0], name)
		}
		return nil, err
	}
	return nil, errNotUnderstood
}

func (v *visit) rename(ctx context.Context, from, to string) error {
	_, oldName := filestore.Split(from)
	_, newName := filestore.Split(to)
	if from == to {
		if _, err := v.View.Stat(ctx, from); err != nil {
			return about(oldName, err)
		}
		return mistake{http.StatusOK, "files.sameName", []any{quote(oldName)}}
	}
	err := v.View.Rename(ctx, from, to, filestore.RenameOptions{})
	var p *fs.PathError
	if errors.As(err, &p) && p.Path == to {
		return about(newName, err)
	}
	return about(oldName, err)
}

// deleteMarked removes nothing unless all of it may be removed.
func (v *visit) deleteMarked(ctx context.Context, marked []string, f form) (confirm []string, err error) {
	if len(marked) == 0 {
		return nil, mistake{code: http.StatusBadRequest, key: "files.markToDelete"}
	}
	folders := false
	for i, name := range marked {
		info, err := v.View.Target(ctx, name)
		if err == nil && filestore.TopOf(name) == name {
			err = filestore.ErrReserved // a mount
		}
		if err != nil {
			return nil, about(f.marks[i], err)
		}
		folders = folders || info != nil && info.IsDir()
	}
	if folders && !f.confirmed {
		return f.marks, nil
	}
	for i, name := range marked {
		if err := v.View.Remove(ctx, name, filestore.RemoveOptions{Recursive: true}); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, entryError{f.marks[i], err, "files.removedBefore", i}
		}
	}
	return nil, nil
}

// entryName is the name of a direct entry of dir.
func entryName(dir, entry string) (string, error) {
	name := filestore.Join(dir, entry)
	if entry == "" || entry == filestore.Root || strings.Contains(entry, "/") || filestore.CheckName(name) != nil {
		return "", about(entry, fs.ErrInvalid)
	}
	return name, nil
}
