package pages

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/sharing"
	"github.com/cgpkit/cgpkit/httpsite/pages/qrsvg"
	"github.com/cgpkit/cgpkit/meta"
)

// The pages by which private files are shared (CommuniGate Pro Guide, File Storage,
// "Shared Private Files").

// maxSmallForm bounds a form with a few fields that people fill in.
const maxSmallForm = 64 << 10

// sharePage is what the page of one entry shows: who has a key to it.
type sharePage struct {
	Entry      string
	Here       string // the page again
	Directory  bool
	Whole      bool // it is the private folder as a whole
	Links      []shareLink
	Above      []sharedEntry // folders whose keys open it too
	Below      []sharedEntry // what in it has keys of its own
	Incomplete bool          // there may be more below
	Recipients string        // what was typed in, where that was wrong
}

// shareLink is a key with what can be done with it.
type shareLink struct {
	Key        string
	URL, Path  string // the whole address, and the same as seen from the page
	QR         template.HTML
	Mail       string
	Recipients []meta.Recipient
}

// sharedEntry is a file or a folder with keys.
type sharedEntry struct {
	Name      string // below the private folder; that itself is ""
	Directory bool
	Link      string // to its own page
	Shares    []meta.Share
}

// subject is the entry that a page is about: an entry of the folder, by its name in the
// query, or the folder.
func (v *visit) subject() (string, error) {
	query := v.HTTP.URL.Query()
	if !query.Has("name") {
		return v.Folder, nil
	}
	name, err := entryName(v.Folder, query.Get("name"))
	if err != nil {
		return "", fs.ErrNotExist
	}
	return name, nil
}

// about leads to a page about an entry of any folder: the page of the folder that it is in.
func (v *visit) about(page, name string) string {
	dir, last := filestore.Split(name)
	link := v.Top()
	if dir != filestore.Root {
		link += escapePath(dir) + "/"
	}
	return link + PageName + "/" + page + "?" + url.Values{"name": {last}}.Encode()
}

// escapePath writes a path into a URL.
func escapePath(path string) string {
	var escaped []string
	for segment := range strings.SplitSeq(path, "/") {
		escaped = append(escaped, url.PathEscape(segment))
	}
	return strings.Join(escaped, "/")
}

func getShare(v *visit) error {
	name, err := v.subject()
	if err != nil {
		return err
	}
	return v.showShare(http.StatusOK, name, "")
}

// showShare shows the page of an entry; recipients are what was typed in before.
func (v *visit) showShare(code int, name, recipients string) error {
	if !sharing.Allowed(name) {
		return fs.ErrNotExist
	}
	ctx := v.HTTP.Context()
	shared, err := sharing.Of(ctx, v.View, name)
	if errors.Is(err, filestore.ErrConflict) {
		v.message, err = v.T("share.broken"), nil
	}
	if err != nil {
		return err
	}
	_, last := filestore.Split(name)
	dir, _ := filestore.Split(name)
	p := sharePage{Entry: last, Here: v.about("share", name), Directory: shared.Directory, Whole: dir == filestore.Root, Recipients: recipients}
	for _, share := range shared.Shares {
		link, err := v.shareLink(name, share, shared.Directory)
		if err != nil {
			continue // a key that no path can name opens nothing
		}
		p.Links = append(p.Links, link)
	}
	for above, err := range sharing.Above(ctx, v.View, name) {
		if err == nil {
			p.Above = append(p.Above, v.sharedEntry(above))
		}
	}
	if shared.Directory {
		if p.Below, p.Incomplete, err = v.sharedBelow(ctx, v.View, name); err != nil {
			return err
		}
	}
	return v.show(code, "share.html", v.T("share.title")+": "+last, p)
}

// maxShared is how many entries with keys a page lists.
const maxShared = 500

// sharedBelow returns what has keys below a folder.
func (v *visit) sharedBelow(ctx context.Context, files filestore.FS, dir string) (all []sharedEntry, incomplete bool, err error) {
	for shared, err := range sharing.List(ctx, files, dir) {
		switch {
		case ctx.Err() != nil:
			return all, true, v.HTTP.Context().Err()
		case errors.Is(err, sharing.ErrIncomplete), len(all) == maxShared:
			return all, true, nil
		case err == nil:
			all = append(all, v.sharedEntry(shared))
		case errors.Is(err, fs.ErrPermission):
			return nil, false, err
		}
	}
	return all, false, nil
}

// sharedIn returns all that has keys in a storage.
func (v *visit) sharedIn(ctx context.Context, files filestore.FS) (all []sharedEntry, incomplete bool, err error) {
	whole, err := sharing.Of(ctx, files, "private")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil && !errors.Is(err, filestore.ErrConflict) { // which grants nothing
		return nil, false, err
	}
	below, incomplete, err := v.sharedBelow(ctx, files, "private")
	if len(whole.Shares) > 0 {
		below = append([]sharedEntry{v.sharedEntry(whole)}, below...)
	}
	return below, incomplete, err
}

func (v *visit) sharedEntry(shared sharing.Shared) sharedEntry {
	_, below, _ := strings.Cut(shared.Name, "/")
	return sharedEntry{below, shared.Directory, v.about("share", shared.Name), shared.Shares}
}

func (v *visit) shareLink(name string, share meta.Share, directory bool) (shareLink, error) {
	path, err := sharing.Path(name, share.Key, directory)
	if err != nil {
		return shareLink{}, err
	}
	path = escapePath(path)
	_, last := filestore.Split(name)
	l := shareLink{Key: share.Key, URL: v.absolute(path), Path: v.Top() + path, Recipients: share.Recipients}
	l.Mail = sharing.Mailto(share.Recipients, v.T("share.subject", last), v.T("share.body", last, l.URL))
	if code, err := qrsvg.Draw(l.URL, v.T("share.qrTitle", last)); err == nil { // a long one has none
		l.QR = template.HTML(code)
	}
	return l, nil
}

// absolute returns the whole address of a path in the storage, as far as the server knows
// how browsers name it: where a proxy ends TLS, the script of the page mends it.
func (v *visit) absolute(path string) string {
	scheme := "http"
	if v.isSecure() || strings.HasPrefix(v.HTTP.Referer(), "https://"+v.HTTP.Host+"/") {
		scheme = "https"
	}
	return scheme + "://" + v.HTTP.Host + v.Root + path
}

// postShare makes a key, or revokes one.
func postShare(v *visit) error {
	name, err := v.subject()
	if err != nil {
		return err
	}
	values, err := v.readValues(maxSmallForm)
	if err != nil {
		return err
	}
	ctx := v.HTTP.Context()
	switch {
	case !v.isToken(values.Get("token")):
		err = errTooOld
	case values.Get("action") == "share":
		var recipients []meta.Recipient
		if recipients, err = sharing.ParseRecipients(values.Get("recipients")); err != nil {
			err = mistake{http.StatusBadRequest, "share.noAddress", nil}
		} else {
			_, err = sharing.Add(ctx, v.View, name, recipients)
		}
	case values.Get("action") == "revoke":
		err = sharing.Revoke(ctx, v.View, name, values.Get("key"))
	default:
		return errNotUnderstood
	}
	if err == nil {
		if values.Get("back") == "shares" {
			return v.redirect(v.Top() + PageName + "/shares")
		}
		return v.redirect(v.about("share", name))
	}
	code, message := v.tell(err)
	if message == "" {
		return err
	}
	v.message = message
	return v.showShare(code, name, values.Get("recipients"))
}

// sharesPage is what the page of all that is shared shows.
type sharesPage struct {
	Entries    []sharedEntry
	Incomplete bool
	Private    string // the page to share all that is private
}

// getShares shows all keys of a storage.
func getShares(v *visit) error {
	if v.Folder != filestore.Root {
		return fs.ErrNotExist
	}
	p := sharesPage{Private: v.about("share", "private")}
	ctx := v.HTTP.Context()
	there, err := v.View.Stat(ctx, "private")
	if errors.Is(err, fs.ErrNotExist) || err == nil && !there.IsDir() {
		p.Private = "" // there is nothing to share
	} else if err != nil {
		return err
	} else if p.Entries, p.Incomplete, err = v.sharedIn(ctx, v.View); err != nil {
		return err
	}
	return v.show(http.StatusOK, "shares.html", v.T("shares.title")+" – "+v.Account, p)
}

// Person shows somebody who got a key.
func (v *visit) Person(r meta.Recipient) string {
	if r.Name == "" {
		return r.Address
	}
	return fmt.Sprintf("%s <%s>", r.Name, r.Address)
}
