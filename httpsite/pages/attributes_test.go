package pages_test

import (
	"context"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

func itoa(n int) string { return strconv.Itoa(n) }

// tag is that of the sidecar which a page shows.
func tag(page string) string {
	found := regexp.MustCompile(`name="tag" value="([^"]*)"`).FindStringSubmatch(page)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}

// postAttributes sends a form of the page of attributes, for the sidecar that it shows.
func (b *browser) postAttributes(t *testing.T, path string, form url.Values) answer {
	t.Helper()
	if !form.Has("tag") {
		form.Set("tag", tag(b.get(t, path).body))
	}
	return b.post(t, path, form)
}

func (s *site) sidecar(t *testing.T, name string) string {
	t.Helper()
	m, err := filestore.ReadMetadata(t.Context(), s.handler.Views.View(filestore.Caller{Account: john}, john), name)
	require.NoError(t, err)
	return string(m.Text)
}

// What the form of descriptions sets is in the sidecar, and everything else stays there.
func TestDescribe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "john")
	const page = "/~john/index.wssp/attributes?name=notes.txt"
	got := b.postAttributes(t, page, url.Values{"action": {"describe"}, "field.title": {" A & B "}, "field.description": {"two\r\nlines"}, "newName": {"author"}, "newValue": {"Анна"}})
	require.Equal(t, 303, got.code, got.body)
	require.Contains(t, s.sidecar(t, "notes.txt"), "<title>A &amp; B</title>")
	require.Contains(t, s.sidecar(t, "notes.txt"), "<author>Анна</author>")
	shown := b.get(t, page).body
	for _, want := range []string{`name="field.title" value="A &amp; B"`, "two\nlines</textarea>", `name="field.author" value="Анна"`} {
		require.Contains(t, shown, want)
	}
	s.Write(t, john, "notes.txt.meta", `<m:meta xmlns:m="u"><m:title>old</m:title><!-- kept --><m:complex a="b">text</m:complex><accessPwd><key>no key</key></accessPwd><m:accessPwd><m:key>real</m:key></m:accessPwd></m:meta>`)
	shown = b.get(t, page).body
	require.Contains(t, shown, `value="old"`)
	require.Contains(t, shown, "complex")
	got = b.postAttributes(t, page, url.Values{"action": {"describe"}, "field.title": {""}, "field.location": {"here"}})
	require.Equal(t, 303, got.code, got.body)
	text := s.sidecar(t, "notes.txt")
	require.NotContains(t, text, "old")
	for _, kept := range []string{"<!-- kept -->", `<m:complex a="b">text</m:complex>`, "<m:accessPwd><m:key>real</m:key></m:accessPwd>", ">here</"} {
		require.Contains(t, text, kept)
	}
	for _, name := range []string{"accessPwd", "acl", "a b", "<x", "1a", "x:y", strings.Repeat("x", 65)} {
		got := b.postAttributes(t, page, url.Values{"action": {"describe"}, "newName": {name}, "newValue": {"v"}})
		require.Equal(t, 400, got.code, name)
	}
	got = b.postAttributes(t, page, url.Values{"action": {"describe"}, "field.title": {"a\x00b"}})
	require.Equal(t, 400, got.code)
	require.Equal(t, text, s.sidecar(t, "notes.txt"), "what was refused has changed nothing")
	require.Equal(t, 415, b.postAttributes(t, page, url.Values{"action": {"nothing"}}).code)
	for _, path := range []string{"/~john/index.wssp/attributes", "/~john/index.wssp/attributes?name=none", "/~john/index.wssp/attributes?name=notes.txt.meta"} {
		require.Equal(t, 404, b.get(t, path).code, path)
	}
}

// Saving one attribute leaves the others as they are, whatever a form makes of them.
func TestDescribeKeepsOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "john")
	const page = "/~john/index.wssp/attributes?name=notes.txt"
	const others = "<location> two\nlines </location><b>\n\nx</b><c>a&#13;b</c><d>a&#13;&#10;b</d><description>\n\tindented\n</description><e> </e><f></f><f>second</f>"
	s.Write(t, john, "notes.txt.meta", "<meta>"+others+"</meta>")
	form := url.Values{"action": {"describe"}}
	shown := b.get(t, page).body
	for _, input := range regexp.MustCompile(`name="(field\.[^"]*)" value="([^"]*)"`).FindAllStringSubmatch(shown, -1) {
		value := html.UnescapeString(input[2])
		require.NotRegexp(t, `[\r\n]`, value, "a browser drops them from an input")
		form.Set(input[1], value)
	}
	for _, area := range regexp.MustCompile(`(?s)name="(field\.[^"]*)" rows="3">\n(.*?)</textarea>`).FindAllStringSubmatch(shown, -1) {
		lines := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(html.UnescapeString(area[2]))
		form.Set(area[1], strings.ReplaceAll(lines, "\n", "\r\n")) // as browsers send them
	}
	require.Len(t, form, 9, shown)
	form.Set("field.title", "new")
	got := b.postAttributes(t, page, form)
	require.Equal(t, 303, got.code, got.body)
	require.Contains(t, s.sidecar(t, "notes.txt"), others)
	require.Contains(t, s.sidecar(t, "notes.txt"), "<title>new</title>")
}

// A change that its author could not have seen is not undone.
func TestAttributesChangedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "john")
	const page = "/~john/private/index.wssp/attributes?name=box"
	seen := tag(b.get(t, page).body)
	s.Write(t, john, "private/box.meta", "<meta><title>of somebody else</title></meta>")
	for action, field := range map[string]string{"describe": "field.title", "xml": "xml", "rights": "subject"} {
		got := b.postAttributes(t, page, url.Values{"action": {action}, field: {"mine-" + action}, "tag": {seen}, "own": {"yes"}})
		require.Equal(t, 409, got.code, action)
		require.Contains(t, got.body, "Somebody has changed the attributes meanwhile")
		require.Contains(t, got.body, "mine-"+action, "what was typed is still there")
		require.Equal(t, "<meta><title>of somebody else</title></meta>", s.sidecar(t, "private/box"))
	}
}

// interrupted is a store in which somebody else is first to store a sidecar.
type interrupted struct {
	filestore.Store
	first string // what they store; "" again afterwards
}

func (s *interrupted) SetSidecar(ctx context.Context, name string, content []byte, o filestore.SidecarOptions, l filestore.Limits) (filestore.Sidecar, error) {
	if text := s.first; text != "" {
		s.first = ""
		if _, err := s.Store.SetSidecar(ctx, name, []byte(text), filestore.SidecarOptions{}, l); err != nil {
			return filestore.Sidecar{}, err
		}
	}
	return s.Store.SetSidecar(ctx, name, content, o, l)
}

// Of two changes at once that have seen the same, one is refused, as late as it may be.
func TestAttributesChangedAtOnce(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "<meta><title>old</title></meta>"} {
		for action, form := range map[string]url.Values{
			"describe": {"field.title": {"mine"}}, "xml": {"xml": {"<meta/>"}}, "rights": {"own": {"yes"}, "subject": {"mary"}, "may.0": {"r"}},
		} {
			s := newSite(t)
			if before != "" {
				s.Write(t, john, "private/box.meta", before)
			}
			b := s.signedIn(t, "john")
			const page, theirs = "/~john/private/index.wssp/attributes?name=box", "<meta><title>of somebody else</title></meta>"
			s.Update(john, func(a *fixture.Account) { a.Store = &interrupted{a.Store, theirs} })
			form.Set("action", action)
			got := b.postAttributes(t, page, form)
			require.Equal(t, 409, got.code, action+before)
			require.Contains(t, got.body, "Somebody has changed the attributes meanwhile")
			require.Equal(t, theirs, s.sidecar(t, "private/box"))
		}
	}
}

func TestReplaceXML(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "john")
	const page = "/~john/index.wssp/attributes?name=notes.txt"
	got := b.postAttributes(t, page, url.Values{"action": {"xml"}, "xml": {"<meta>\r\n\t<title>x</title>\r\n</meta>\r\n"}})
	require.Equal(t, 303, got.code, got.body)
	require.Equal(t, "<meta>\n\t<title>x</title>\n</meta>\n", s.sidecar(t, "notes.txt"))
	for text, why := range map[string]string{
		"<meta>\r\n<title></meta>": "line 2", "<other/>": "meta", "<!DOCTYPE meta><meta/>": "document type", "<meta>" + strings.Repeat("x", filestore.MaxSidecarBytes) + "</meta>": "",
	} {
		got := b.postAttributes(t, page, url.Values{"action": {"xml"}, "xml": {text}})
		require.Contains(t, []int{400, 413}, got.code)
		require.Contains(t, got.body, why)
		require.Contains(t, got.body, html.EscapeString(text[:8]), "what was typed is still there")
		require.Contains(t, s.sidecar(t, "notes.txt"), "<title>x</title>")
	}
	s.Write(t, john, "notes.txt.meta", "<meta>broken")
	shown := b.get(t, page)
	require.Equal(t, 200, shown.code)
	require.Contains(t, shown.body, "cannot be understood")
	require.Contains(t, shown.body, "&lt;meta&gt;broken</textarea>")
	require.NotContains(t, shown.body, "field.title")
	got = b.postAttributes(t, page, url.Values{"action": {"xml"}, "xml": {" \r\n"}})
	require.Equal(t, 303, got.code, "an empty text removes it")
	require.Empty(t, s.sidecar(t, "notes.txt"))
}

// What the table of rights says counts.
func TestRights(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "john")
	const page = "/~john/private/index.wssp/attributes?name=box"
	mary := s.handler.Views.View(filestore.Caller{Account: "mary@client1.com"}, john)
	_, err := mary.Stat(t.Context(), "private/box/x")
	require.Error(t, err)
	form := url.Values{"action": {"rights"}, "own": {"yes"}, "subject": {"mary", "", "ann@client2.com"}, "may.0": {"l", "r"}, "may.2": {"r", "w", "d", "a"}}
	got := b.postAttributes(t, page, form)
	require.Equal(t, 303, got.code, got.body)
	_, err = mary.Stat(t.Context(), "private/box/x")
	require.NoError(t, err)
	shown := b.get(t, page).body
	require.Contains(t, shown, `value="mary"`)
	require.Regexp(t, `name="may.1" value="a" checked aria-label="ann@client2.com: administer"`, shown)
	require.NotRegexp(t, `name="may.0" value="w" checked`, shown)
	for _, subject := range []string{"a b", "<x>", "+mary", "a@b@c", "#", `"`} {
		got := b.postAttributes(t, page, url.Values{"action": {"rights"}, "own": {"yes"}, "subject": {subject}, "may.0": {"r"}})
		require.Equal(t, 400, got.code, subject)
		require.Contains(t, got.body, fmt.Sprintf(`value="%s"`, strings.ReplaceAll(html.EscapeString(subject), "+", "&#43;")))
	}
	got = b.postAttributes(t, page, url.Values{"action": {"rights"}, "subject": {"mary"}, "may.0": {"r"}})
	require.Equal(t, 303, got.code)
	_, err = mary.Stat(t.Context(), "private/box/x")
	require.Error(t, err, "without a list nobody else may")
	s.Write(t, john, "private/box.meta", `<meta><ACL><subKey key="mary">r</subKey><subKey key="-ann">r</subKey></ACL></meta>`)
	require.Contains(t, b.get(t, page).body, "entries that this page does not know")
}
