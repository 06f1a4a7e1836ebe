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
	case "move", "copy":
		return nil, v.carry(ctx, marked, f)
	case "zip":
		return nil, v.zipMarked(marked)
	case "check":
		return nil, v.check(f)
	case "edit":
		return nil, v.editMarked(marked)
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

// carry moves or copies the marked entries to another folder: all of them, or none.
func (v *visit) carry(ctx context.Context, marked []string, f form) error {
	if len(marked) == 0 {
		return mistake{code: http.StatusBadRequest, key: "files.markToMove"}
	}
	dir, err := v.targetFolder(ctx, f.to)
	if err != nil {
		return err
	}
	marked, f.marks = withoutFollowers(marked, f.marks)
	names := make([]string, len(marked))
	for i, from := range marked {
		if names[i], err = v.mayCarry(ctx, from, dir); err != nil {
			return about(f.marks[i], err)
		}
	}
	for i, from := range marked {
		if f.action == "copy" {
			err = v.View.Copy(ctx, from, names[i], filestore.CopyOptions{})
		} else {
			err = v.View.Rename(ctx, from, names[i], filestore.RenameOptions{})
		}
		if err != nil {
			return entryError{f.marks[i], err, "files.carriedBefore", i - v.carryBack(ctx, marked[:i], names, f.action)}
		}
	}
	return nil
}

// withoutFollowers leaves out the sidecars whose files are marked too: they go with these.
func withoutFollowers(marked, marks []string) (rest, restMarks []string) {
	isMarked := map[string]bool{}
	for _, name := range marked {
		isMarked[name] = true
	}
	for i, name := range marked {
		if of, ok := filestore.SidecarOf(name); !ok || !isMarked[of] {
			rest, restMarks = append(rest, name), append(restMarks, marks[i])
		}
	}
	return rest, restMarks
}

// targetFolder returns the folder that somebody has written the path of, from the top.
func (v *visit) targetFolder(ctx context.Context, path string) (string, error) {
	if path == "" {
		return "", mistake{code: http.StatusBadRequest, key: "files.chooseFolder"}
	}
	dir, _, err := filestore.CleanName(strings.TrimPrefix(path, "/"))
	if err != nil {
		return "", about(path, err)
	}
	info, err := v.View.Stat(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return "", mistake{http.StatusConflict, "files.noFolder", []any{quote(path)}}
	}
	return dir, about(path, err)
}

// mayCarry returns the name of an entry in another folder, if it can be brought there.
func (v *visit) mayCarry(ctx context.Context, from, dir string) (name string, err error) {
	_, last := filestore.Split(from)
	name = filestore.Join(dir, last)
	if dir == from || strings.HasPrefix(dir, from+"/") {
		return "", mistake{http.StatusConflict, "files.intoItself", []any{quote(last)}}
	}
	info, err := v.View.Target(ctx, from)
	if err == nil && info == nil {
		err = fs.ErrNotExist
	}
	if err != nil {
		return "", err
	}
	there, err := v.View.Target(ctx, name)
	if err == nil && there != nil {
		err = fs.ErrExist
	}
	return name, err
}

// carryBack undoes what was carried, since the rest cannot be. It returns how many went
// back.
func (v *visit) carryBack(ctx context.Context, from, to []string, action string) (n int) {
	ctx = context.WithoutCancel(ctx)
	for i := range from {
		var err error
		if action == "copy" {
			err = v.View.Remove(ctx, to[i], filestore.RemoveOptions{Recursive: true})
		} else {
			err = v.View.Rename(ctx, to[i], from[i], filestore.RenameOptions{})
		}
		if err == nil {
			n++
		}
	}
	return n
}

// entryName is the name of a direct entry of dir.
func entryName(dir, entry string) (string, error) {
	name := filestore.Join(dir, entry)
	if entry == "" || entry == filestore.Root || strings.Contains(entry, "/") || filestore.CheckName(name) != nil {
		return "", about(entry, fs.ErrInvalid)
	}
	return name, nil
}
