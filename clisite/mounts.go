package clisite

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
)

// unnamedSkin is the directory of the skin without a name, which commands call "".
const unnamedSkin = "$unnamed$"

// mountCommand finds a command for skins or real-time applications by its name in
// capitals (CommuniGate Pro Guide, CLI, Web Skins and Real-Time Application
// Administration). They work on what is mounted at the top of storages: $DomainSkins,
// $ServerPBXApp and so on.
func mountCommand(name string) (c command, ok bool) {
	for _, scope := range [...]string{"Domain", "Server", "Cluster"} {
		verb, what, found := strings.Cut(name, strings.ToUpper(scope))
		if !found {
			continue
		}
		if c, ok := skinCommand(verb, what, mounted{scope, "Skins"}); ok {
			return c, true
		}
		return applicationCommand(verb, what, mounted{scope, "PBXApp"})
	}
	return c, false
}

// mounted is one of the six mounts.
type mounted struct{ scope, kind string }

func (m mounted) name() string { return "$" + m.scope + m.kind }

// skinCommand finds a command for skins, which are directories of files.
func skinCommand(verb, what string, m mounted) (c command, ok bool) {
	c.subject = aName
	if m.scope == "Domain" {
		c.subject = aSkin
	}
	switch verb + " " + what {
	case "LIST SKINS":
		c.subject = nothing
		if m.scope == "Domain" {
			c.subject = aDomain
		}
		c.run = m.listSkins
	case "CREATE SKIN":
		c.changes, c.run = true, m.createSkin
	case "RENAME SKIN":
		c.required, c.changes, c.run = optInto, true, m.renameSkin
	case "DELETE SKIN":
		c.changes, c.run = true, m.deleteSkin
	case "LIST SKINFILES":
		c.run = func(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
			return m.listFiles(ctx, o, a, skinDirectory(a.name))
		}
	case "READ SKINFILE":
		c.required = optFile
		c.run = func(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
			return m.readFile(ctx, o, a, skinDirectory(a.name), a.file)
		}
	case "STORE SKINFILE":
		c.required, c.allowed, c.changes = optFile, optData|optDelete, true
		c.run = func(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
			return m.storeFile(ctx, o, a, skinDirectory(a.name), a.file)
		}
	default:
		return command{}, false
	}
	return c, true
}

// applicationCommand finds a command for real-time applications: files, and directories of
// files for languages. A command for a domain has the word FILE before them.
func applicationCommand(verb, what string, m mounted) (c command, ok bool) {
	inDomain := m.scope == "Domain"
	file := func(a arguments) string {
		if inDomain {
			return a.file
		}
		return a.name
	}
	// named has the command name a file or a language.
	named := func(always bool) {
		switch {
		case inDomain && always:
			c.subject, c.required = theDomain, optFile
		case inDomain:
			c.subject, c.allowed = theDomain, optFile
		case always:
			c.subject = aName
		default:
			c.subject = perhapsName
		}
	}
	switch verb + " " + what {
	case "CREATE PBX":
		named(false)
		c.changes = true
		c.run = func(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
			return m.createLanguage(ctx, o, a, file(a))
		}
	case "DELETE PBX":
		named(true)
		c.changes = true
		c.run = func(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
			return m.deleteLanguage(ctx, o, a, file(a))
		}
	case "LIST PBXFILES":
		named(false)
		c.run = func(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
			return m.listFiles(ctx, o, a, file(a))
		}
	case "READ PBXFILE":
		named(true)
		c.run = func(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
			return m.readFile(ctx, o, a, "", file(a))
		}
	case "STORE PBXFILE":
		named(true)
		c.allowed, c.changes = optData|optDelete, true
		c.run = func(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
			return m.storeFile(ctx, o, a, "", file(a))
		}
	default:
		return command{}, false
	}
	return c, true
}

// skinDirectory returns the directory of a skin.
func skinDirectory(skin string) string {
	if skin == "" {
		return unnamedSkin
	}
	return skin
}

// one returns the name of a skin or a language as it stands in the mount: one segment.
func one(name string) (string, error) {
	clean, _, err := filestore.CleanName(name)
	if err != nil || clean == filestore.Root || strings.Contains(clean, "/") || clean != name {
		return "", fs.ErrInvalid
	}
	return clean, nil
}

// view returns the storage in which the mount stands at the top, as the caller sees it.
func (m mounted) view(ctx context.Context, o *operation, a arguments) (*filestore.View, error) {
	domain := o.domain
	if a.domain != "" && !strings.EqualFold(a.domain, domain) {
		_, real, _, err := o.administeredDomain(ctx, a.domain)
		if err != nil {
			return nil, err
		}
		domain = real
	}
	o.done.Storage, o.done.Name = "@"+domain, m.name()
	return o.views.Mounts(o.caller, domain), nil
}

// at returns the name of something in the mount.
func (m mounted) at(elements ...string) (string, error) {
	name := m.name()
	for _, e := range elements {
		if e == "" {
			continue
		}
		clean, directory, err := filestore.CleanName(e)
		if err != nil || clean == filestore.Root || directory {
			return "", fs.ErrInvalid
		}
		name = filestore.Join(name, clean)
	}
	return name, nil
}

// listSkins answers with the names of the skins. The one without a name is among them if
// it has files.
func (m mounted) listSkins(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	view, err := m.view(ctx, o, a)
	if err != nil {
		return none, err
	}
	var names []cgpdata.Value
	for info, err := range view.List(ctx, m.name(), "") {
		switch {
		case errors.Is(err, fs.ErrNotExist): // nothing has been stored
		case err != nil:
			return none, err
		case !info.IsDir(): // the sidecar of a skin
		case info.Name() == unnamedSkin:
			usage, err := view.Usage(ctx, info.Path())
			if err != nil {
				return none, err
			}
			if usage.Files > 0 {
				names = append(names, cgpdata.String(""))
			}
		default:
			names = append(names, cgpdata.String(info.Name()))
		}
	}
	return cgpdata.Array(names...), nil
}

// createSkin makes the directory of a skin. The one without a name needs none.
func (m mounted) createSkin(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	view, err := m.view(ctx, o, a)
	if err != nil {
		return none, err
	}
	if a.name == "" {
		return none, m.absent(ctx, view)
	}
	skin, err := one(a.name)
	if err != nil {
		return none, err
	}
	return none, view.Mkdir(ctx, filestore.Join(m.name(), skin))
}

// absent answers a command that makes the top of a mount, which comes into being with the
// first file: it may be given as long as that is not there.
func (m mounted) absent(ctx context.Context, view *filestore.View) error {
	_, err := view.Stat(ctx, m.name())
	switch {
	case err == nil:
		return fs.ErrExist
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}

func (m mounted) renameSkin(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	view, err := m.view(ctx, o, a)
	if err != nil {
		return none, err
	}
	from, err := one(a.name)
	if err != nil {
		return none, err
	}
	to, err := one(a.into)
	if err != nil {
		return none, err
	}
	return none, view.Rename(ctx, filestore.Join(m.name(), from), filestore.Join(m.name(), to), filestore.RenameOptions{})
}

// deleteSkin removes a skin and its files.
func (m mounted) deleteSkin(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	return m.removeDirectory(ctx, o, a, a.name)
}

// deleteLanguage removes the files of a language.
func (m mounted) deleteLanguage(ctx context.Context, o *operation, a arguments, language string) (cgpdata.Value, error) {
	return m.removeDirectory(ctx, o, a, language)
}

func (m mounted) removeDirectory(ctx context.Context, o *operation, a arguments, name string) (cgpdata.Value, error) {
	view, err := m.view(ctx, o, a)
	if err != nil {
		return none, err
	}
	if name, err = one(name); err != nil {
		return none, err
	}
	name = filestore.Join(m.name(), name)
	info, err := view.Stat(ctx, name)
	if err == nil && !info.IsDir() {
		err = filestore.ErrNotDirectory
	}
	if err != nil {
		return none, err
	}
	return none, view.Remove(ctx, name, filestore.RemoveOptions{Recursive: true})
}

func (m mounted) createLanguage(ctx context.Context, o *operation, a arguments, language string) (cgpdata.Value, error) {
	view, err := m.view(ctx, o, a)
	if err != nil {
		return none, err
	}
	if language == "" {
		return none, m.absent(ctx, view)
	}
	if language, err = one(language); err != nil {
		return none, err
	}
	return none, view.Mkdir(ctx, filestore.Join(m.name(), language))
}

// listFiles answers with a dictionary of the files in a directory of the mount.
func (m mounted) listFiles(ctx context.Context, o *operation, a arguments, dir string) (cgpdata.Value, error) {
	view, err := m.view(ctx, o, a)
	if err != nil {
		return none, err
	}
	name, err := m.at(dir)
	if err != nil {
		return none, err
	}
	entries, err := filestore.BeginListing(ctx, view, name, nil)
	if errors.Is(err, fs.ErrNotExist) && (dir == "" || dir == unnamedSkin) {
		return cgpdata.Dictionary(), nil // nothing has been stored
	}
	if err != nil {
		return none, err
	}
	o.listing = &listing{entries}
	return none, nil
}

// readFile answers with the content of a file and the time of its last change. There are no
// slices here.
func (m mounted) readFile(ctx context.Context, o *operation, a arguments, dir, file string) (cgpdata.Value, error) {
	view, err := m.view(ctx, o, a)
	if err != nil {
		return none, err
	}
	name, err := m.stored(ctx, view, dir, file)
	if err != nil {
		return none, err
	}
	f, err := view.Open(ctx, name)
	if err != nil {
		return none, err
	}
	o.file = &slice{file: f}
	info, err := f.Stat()
	switch {
	case err != nil:
		return none, err
	case info.Size() > maxSlice:
		return none, errTooLarge
	}
	if err := o.file.begin(0, info.Size()); err != nil {
		return none, err
	}
	o.done.Bytes = info.Size()
	return cgpdata.Array(cgpdata.Data(nil), timeStamp(info.ModTime())), nil
}

// stored returns the name of a file that is there. The names of the files of skins are in
// lower case where this command line stored them: clients that ask for them in the
// letters that they gave find them as well.
func (m mounted) stored(ctx context.Context, view *filestore.View, dir, file string) (string, error) {
	name, err := m.file(dir, file)
	if err != nil || m.kind != "Skins" || strings.ToLower(file) == file {
		return name, err
	}
	if _, err := view.Stat(ctx, name); errors.Is(err, fs.ErrNotExist) {
		return m.file(dir, strings.ToLower(file))
	}
	return name, nil
}

// file returns the name of a file in the mount, which may be in a directory there.
func (m mounted) file(dir, file string) (string, error) {
	if file == "" {
		return "", fs.ErrInvalid
	}
	return m.at(dir, file)
}

// storeFile stores a file, or removes it.
func (m mounted) storeFile(ctx context.Context, o *operation, a arguments, dir, file string) (cgpdata.Value, error) {
	if removing, storing := a.given&optDelete != 0, a.given&optData != 0; removing == storing {
		return none, errSyntax
	}
	view, err := m.view(ctx, o, a)
	if err != nil {
		return none, err
	}
	if a.given&optDelete != 0 {
		return none, m.removeFile(ctx, view, dir, file)
	}
	if m.kind == "Skins" {
		file = strings.ToLower(file)
	}
	name, err := m.file(dir, file)
	if err != nil {
		return none, err
	}
	o.done.Bytes = int64(len(a.data))
	return none, store(ctx, view, name, a.data, filestore.CreateOptions{})
}

func (m mounted) removeFile(ctx context.Context, view *filestore.View, dir, file string) error {
	name, err := m.stored(ctx, view, dir, file)
	if err != nil {
		return err
	}
	info, err := view.Stat(ctx, name)
	if err == nil && info.IsDir() {
		err = filestore.ErrIsDirectory
	}
	if err != nil {
		return err
	}
	return view.Remove(ctx, name, filestore.RemoveOptions{})
}
