// Package pages is what browsers see of account file storages: the file manager
// index.wssp, and the pages beside it. They are rendered on the server, and complete
// without scripts. Package httpsite serves them; a program that wants other bounds for
// sessions, or keeps them elsewhere, gives it [Pages] of its own:
//
//	site := &httpsite.Handler{Views: views, Pages: &pages.Pages{IdleTime: 20 * time.Minute}}
//
// # Addresses
//
// A page belongs to a folder of a storage, and stands below the name of its management
// page: /~john/pictures/index.wssp is the file manager, /~john/index.wssp/signin the
// sign-in form. No file can have such a name, on any host and in any folder, so a page
// shadows nobody's file. What pages load stands there too, in
// index.wssp/assets/, by names with a hash of the content, and may be kept for ever.
// All links are relative, so it does not matter what a proxy puts in front.
//
// # Shared folders
//
// A folder that is shared by a key, and has no page of its own, has one at its share path:
// [Pages.ServeShared]. It shows what the share view shows, and needs no login. The owner
// makes and revokes keys on the page share, by package sharing in filestore.
//
// # Administrators
//
// If the directory of [Request].Views is an [Administration], administrators have pages of
// domains and accounts, those of one domain of theirs. What storages hold comes through
// views, so whoever may not look into one sees its name alone.
//
// # Sessions
//
// Programs log in with each request, as they always did. Browsers that ask for a page get
// a form, and then a cookie (HttpOnly, SameSite=Strict; within TLS Secure, by the prefix
// __Host-). What is kept of a session is a hash of the cookie, and the password under a
// key that stands in the cookie alone. The password is checked with each request, so a
// session ends when it changes, or the account is closed. Otherwise it ends after an
// hour without use and after twelve hours.
//
// A session counts for GET of pages and of what its owner manages, and for POST to
// pages. It never counts for WebDAV, PUT or DELETE, for requests that another site or a
// page in a sandbox has made (Sec-Fetch-Site), or on hosts where pages of users run
// without a sandbox ([filestore.Site].TrustPages): there is no form there. So a private page
// of HTML shows its owner no pictures that lie beside it, as it is in a sandbox.
//
// # What pages of users can do
//
// Files of users share the origin. They are in a sandbox, whose origin is no site's: no
// cookie goes with what they ask for, and none of it can be read. A page takes forms that
// come from the same origin (http.CrossOriginProtection) and have its token, which
// programs without a session need not send. Its policy lets it load scripts and styles
// by a nonce alone, so that a script which a user stored is none; it cannot be framed,
// and makes no markup of text (Trusted Types).
//
// # How a page is added
//
//   - An entry in the function list, in the order of the navigation: the name in its address, who may
//     see it, and its functions for GET and POST.
//   - A file name.go with these functions. They get a visit: the request, the view of the
//     storage as the caller may see it, folder and caller. They fill a struct, and end
//     with v.show(code, "name.html", title, data), v.redirect or an error: those of
//     filestore become what they are in all ways in, and StatusError is any other. A
//     mistake that the user can mend is told on the page: v.tell makes words of an error,
//     v.message is shown above the content.
//   - A template templates/name.html that defines "content". The data is .Data; texts are
//     {{.T "name.text"}} and {{.N "name.count" n}}, symbols {{.Icon "folder"}}, links
//     {{.Link "name"}} to a page of this folder, {{.Here}} in front of a file of it. Every
//     form has the field token with {{.Token}}, before any file.
//   - Texts, in a block of its own in english.go, german.go and russian.go. A test
//     compares them.
//   - Styles in assets/style.css: the colours are custom properties; card, list, panel and
//     button are there for all. A script assets/name.js, which the template loads in
//     "head" with the nonce. Nothing may need it.
//
// What a page must know of the mail server beside the storage, as its accounts, is asked
// of an interface with a few methods in this package.
package pages
