package pages

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

//go:embed templates
var templateFiles embed.FS

//go:embed templates/icons.svg
var sprite string

// templates are the pages by the names of their files, each within the layout, which
// shows what a page defines as "content".
var templates = readTemplates()

func readTemplates() map[string]*template.Template {
	layout := template.Must(template.ParseFS(templateFiles, "templates/layout.html", "templates/pieces.html"))
	entries, err := fs.ReadDir(templateFiles, "templates")
	if err != nil {
		panic(err) // they are part of the program
	}
	all := map[string]*template.Template{}
	for _, entry := range entries {
		if name := entry.Name(); name != "layout.html" && name != "pieces.html" && path.Ext(name) == ".html" {
			all[name] = template.Must(template.Must(layout.Clone()).ParseFS(templateFiles, "templates/"+name))
		}
	}
	return all
}

// With is what a piece of a page shows.
func (v *visit) With(data any) shown { return shown{visit: v, Data: data} }

// Shared reports whether the page is that of a shared folder, for those who have the link.
func (v *visit) Shared() bool { return v.shared }

// T returns a text in the visitor's language.
func (v *visit) T(key string, args ...any) string { return v.language.text(key, args...) }

// N returns a text with a number in the form that the number takes.
func (v *visit) N(key string, n int64) string { return v.language.count(key, n) }

// Number shows a number.
func (v *visit) Number(n int64) string { return v.language.number(n) }

// Size shows a number of bytes in the unit that fits. [visit.Bytes] is exact.
func (v *visit) Size(n int64) string { return v.language.size(n) }

// Bytes shows a number of bytes.
func (v *visit) Bytes(n int64) string { return v.N("app.bytes", n) }

// Limit shows a limit of a number, SizeLimit one of bytes.
func (v *visit) Limit(n int64) string {
	if n == filestore.Unlimited {
		return v.T("app.unlimited")
	}
	return v.Number(n)
}

func (v *visit) SizeLimit(n int64) string {
	if n == filestore.Unlimited {
		return v.T("app.unlimited")
	}
	return v.Size(n)
}

// Time shows a time in UTC. In a time element with the class "local" the script shows it
// in the visitor's zone.
func (v *visit) Time(t time.Time) string { return v.language.when(t.UTC()) }

// Stamp is a time for the attribute datetime.
func (v *visit) Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Language is the tag of the visitor's language.
func (v *visit) Language() string { return v.language.tag }

// Languages are all that may be chosen.
func (v *visit) Languages() []*language { return languages() }

// Tag and Name are for templates.
func (l *language) Tag() string  { return l.tag }
func (l *language) Name() string { return l.name }

// Scripts are the names of several scripts.
func (v *visit) Scripts(names ...string) []string { return names }

// Nonce is for the attribute nonce of scripts and style sheets.
func (v *visit) Nonce() string { return v.nonce }

// Here leads from the page to its folder: "" in front of names of files.
func (v *visit) Here() string {
	if v.Page == "" {
		return "./"
	}
	return "../"
}

// Top leads from the page to the top of the storage.
func (v *visit) Top() string {
	if v.Folder == filestore.Root {
		return v.Here()
	}
	up := strings.Repeat("../", 1+strings.Count(v.Folder, "/"))
	if v.Page == "" {
		return up
	}
	return "../" + up
}

// Link leads to another page of the same folder: to "" the file manager.
func (v *visit) Link(page string) string {
	switch {
	case v.Page == "" && page == "":
		return PageName
	case v.Page == "":
		return PageName + "/" + page
	case page == "":
		return "../" + PageName
	}
	return page
}

// Own leads to the caller's own storage, on this host; "" if it is this one.
func (v *visit) Own() string {
	if v.Accounts == "" || v.Caller.IsStranger() || strings.EqualFold(v.Caller.Account, v.Account) {
		return ""
	}
	return v.Accounts + url.PathEscape(v.Caller.Account) + "/" + PageName
}

// Path is that of the folder, as somebody would write it: "/" is the top.
func (v *visit) Path() string {
	if v.Folder == filestore.Root {
		return "/"
	}
	return "/" + v.Folder
}

// FolderName is the name of the folder; "" at the top.
func (v *visit) FolderName() string {
	if v.Folder == filestore.Root {
		return ""
	}
	_, last := filestore.Split(v.Folder)
	return last
}

// crumb is a folder above a page, or the page's own.
type crumb struct{ Name, Link string }

// Crumbs are the folders from the top to that of the page.
func (v *visit) Crumbs() []crumb {
	crumbs := []crumb{{"", v.Top() + PageName}}
	if v.Folder == filestore.Root {
		return crumbs
	}
	segments := strings.Split(v.Folder, "/")
	for i, segment := range segments {
		crumbs = append(crumbs, crumb{segment, v.Here() + strings.Repeat("../", len(segments)-1-i) + PageName})
	}
	return crumbs
}

// navigation is an entry of the navigation.
type navigation struct {
	Title, Icon, Link string
	Current           bool
}

// Navigation are the pages that the visitor may go to. Of those of folders it has that of
// the top. The page freebusy.wssp is for everybody, and so without navigation.
func (v *visit) Navigation() (all []navigation) {
	if v.Caller.IsStranger() || v.apart {
		return nil
	}
	for _, p := range list() {
		if p.title == "" || p.shown != nil && !p.shown(v) {
			continue
		}
		link := v.Top() + PageName
		if p.name != "" {
			link += "/" + p.name
		}
		all = append(all, navigation{v.T(p.title), p.icon, link, p.name == v.Page})
	}
	if v.buildsFreeBusy() {
		all = append(all, navigation{v.T("freebusy.page"), "calendar", v.Top() + freeBusyPageName, false})
	}
	return all
}

// LanguageLink leads to the same page in another language.
func (v *visit) LanguageLink(l *language) string {
	query := url.Values{"language": {l.tag}}
	if v.HTTP.Method == "GET" {
		query = v.HTTP.URL.Query()
		query.Set("language", l.tag)
	}
	return "?" + query.Encode()
}

// Asset leads to a file that the pages load.
func (v *visit) Asset(name string) string { return v.Top() + PageName + "/" + assets()[name].path }

// icons are the symbols of the sprite, by their names.
var icons = readIcons()

func readIcons() map[string]template.HTML {
	all := map[string]template.HTML{}
	for _, found := range regexp.MustCompile(`<symbol id="icon-(\w+)"`).FindAllStringSubmatch(sprite, -1) {
		name := found[1]
		all[name] = template.HTML(`<svg class="icon ` + name + `" aria-hidden="true"><use href="#icon-` + name + `"/></svg>`)
	}
	return all
}

// Sprite is every symbol, once for each page. Icon draws one of them.
func (v *visit) Sprite() template.HTML { return template.HTML(sprite) }

func (v *visit) Icon(name string) (template.HTML, error) {
	icon, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("there is no symbol %s", name)
	}
	return icon, nil
}
