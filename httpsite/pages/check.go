package pages

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// What scripts of the file manager ask for, and are told. Forms do without.

// checked is what an upload would meet.
type checked struct {
	// Exists are the paths where a file is.
	Exists []string `json:"exists"`
	// Refused tells of paths why nothing can be stored there.
	Refused map[string]string `json:"refused"`
	// Room tells why there is not enough of it; "": there is.
	Room string `json:"room"`
}

// check tells what an upload of several files would meet, before it begins. Paths lead
// below the folder; what they lead through need not be there.
func (v *visit) check(f form) error {
	if len(f.paths) != len(f.sizes) {
		return errForm
	}
	ctx := v.HTTP.Context()
	limits, err := v.View.Limits(ctx)
	if err != nil {
		return err
	}
	found := checked{Exists: []string{}, Refused: map[string]string{}}
	files, bytes := int64(0), int64(0)
	for i, path := range f.paths {
		old, err := v.checkPath(path)
		if err == nil && f.sizes[i] > limits.FileSize {
			err = &filestore.LimitError{Kind: filestore.LimitFileSize, Limit: limits.FileSize}
		}
		if err != nil {
			_, message := v.tell(err)
			if message == "" {
				return err
			}
			found.Refused[path] = message
			continue
		}
		bytes += f.sizes[i]
		if old == nil {
			files++
		} else {
			bytes -= old.Size()
			found.Exists = append(found.Exists, path)
		}
	}
	if found.Room, err = v.checkRoom(limits, files, bytes); err != nil {
		return err
	}
	return v.sendJSON(http.StatusOK, found)
}

// checkPath returns what is where a file is to be stored; nil: nothing.
func (v *visit) checkPath(path string) (filestore.FileInfo, error) {
	name, directory, err := filestore.CleanName(path)
	if err == nil && (directory || name == filestore.Root || strings.HasPrefix(path, "/")) {
		err = fs.ErrInvalid
	}
	if err != nil {
		return nil, err
	}
	name = filestore.Join(v.Folder, name)
	if err := filestore.CheckName(name); err != nil {
		return nil, err
	}
	info, err := v.View.Target(v.HTTP.Context(), name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // nor is its folder
	}
	if err == nil && info != nil && info.IsDir() {
		err = filestore.ErrIsDirectory
	}
	return info, err
}

// checkRoom says why so many more files and bytes have no room; "": they have. Mounts have
// no limits.
func (v *visit) checkRoom(limits filestore.Limits, files, bytes int64) (string, error) {
	if filestore.TopOf(v.Folder) != filestore.Root {
		return "", nil
	}
	usage, err := v.View.Usage(v.HTTP.Context(), filestore.Root)
	switch {
	case err != nil:
		return "", err
	case files > 0 && usage.Files > limits.Files-files:
		return v.tellLimit(v.HTTP.Context(), &filestore.LimitError{Kind: filestore.LimitFiles, Limit: limits.Files}), nil
	case bytes > 0 && usage.Bytes > limits.Bytes-bytes:
		return v.tellLimit(v.HTTP.Context(), &filestore.LimitError{Kind: filestore.LimitBytes, Limit: limits.Bytes}), nil
	}
	return "", nil
}

// wantsJSON reports whether a script has sent the form, which shows what came of it by
// itself.
func (v *visit) wantsJSON() bool { return v.HTTP.Header.Get("Accept") == "application/json" }

func (v *visit) sendJSON(code int, value any) error {
	v.answered = true
	header := v.Writer.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "private, no-store")
	v.Writer.WriteHeader(code)
	return json.NewEncoder(v.Writer).Encode(value)
}

// said is what a script is told of a form.
type said struct {
	Message string `json:"message"`
}

// Texts are those of scripts, as JSON.
func (v *visit) Texts() (string, error) {
	const prefix = "script."
	texts := map[string]string{"units": strings.Join(v.language.units[:], " ")}
	for key, text := range v.language.texts {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			texts[name] = text
		}
	}
	encoded, err := json.Marshal(texts)
	return string(encoded), err
}
