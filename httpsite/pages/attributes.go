package pages

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/sharing"
	"github.com/cgpkit/cgpkit/meta"
)

// The page of the attributes of a file or a folder: those that describe it, the list of who
// may what, and the text of the sidecar (CommuniGate Pro Guide 5.4 and later, File Storage,
// "File Attributes" and "File Access Rights").

type attributesPage struct {
	Entry     string
	Here      string
	Directory bool
	Share     string // the page to share it; "" outside of the private folder
	Tag       string // of the sidecar that the page shows; "" without one
	Fields    []attributeField
	Others    []attributeText // that have more in them than text
	HasACL    bool
	Rights    []aclRow
	Unknown   bool   // the list has entries that saving it would drop
	Text      string // of the sidecar
	Broken    bool   // it cannot be understood
}

// attributeField is an attribute whose content is text.
type attributeField struct{ Name, Label, Value string }

// Long reports whether a value needs several lines: a browser drops line breaks from one.
func (f attributeField) Long() bool {
	return f.Name == "description" || strings.ContainsAny(f.Value, "\r\n")
}

// attributeText is an attribute as XML.
type attributeText struct{ Name, XML string }

// aclRow is an entry of a list as the form shows it.
type aclRow struct {
	Subject string
	Letters []aclLetter
}

type aclLetter struct {
	Letter, Label string
	Given         bool
}

// described are attributes that every entry may have, in the order of the form. Which ones
// people want is our choice.
var described = []struct{ name, text string }{{"title", "attributes.name"}, {"description", "attributes.description"}, {"location", "attributes.location"}}

// aclLetters are the rights of a list in the order of its columns.
var aclLetters = []struct {
	letter string
	right  meta.Rights
	text   string
}{
	{"l", meta.List, "attributes.mayList"}, {"r", meta.Read, "attributes.mayRead"}, {"w", meta.Write, "attributes.mayWrite"},
	{"d", meta.Delete, "attributes.mayDelete"}, {"a", meta.Administer, "attributes.mayAdminister"},
}

func getAttributes(v *visit) error {
	name, err := v.subject()
	if err != nil {
		return err
	}
	return v.showAttributes(http.StatusOK, name, nil)
}

// showAttributes shows the page. What was typed in, where that was wrong, stands in the
// form again.
func (v *visit) showAttributes(code int, name string, typed url.Values) error {
	if name == filestore.Root || filestore.IsSidecar(name) {
		return fs.ErrNotExist // the root has none, and a sidecar is what another file has
	}
	ctx := v.HTTP.Context()
	info, err := v.View.Stat(ctx, name)
	if err != nil {
		return err
	}
	metadata, err := filestore.ReadMetadata(ctx, v.View, name)
	large := errors.Is(err, filestore.ErrConflict)
	if err != nil && !large {
		return err
	}
	p := attributesPage{Entry: info.Name(), Here: v.about("attributes", name), Directory: info.IsDir(), Tag: metadata.ETag, Text: string(metadata.Text)}
	if sharing.Allowed(name) {
		p.Share = v.about("share", name)
	}
	document, err := meta.Parse(metadata.Text)
	if p.Broken = large || metadata.Text != nil && err != nil; p.Broken && v.message == "" {
		v.message = v.T("attributes.broken")
	}
	if !p.Broken {
		p.describe(v, document)
	}
	p.refill(v, typed)
	return v.show(code, "attributes.html", v.T("attributes.title")+": "+info.Name(), p)
}

// describe fills in what a document says; nil is none.
func (p *attributesPage) describe(v *visit, document *meta.Document) {
	values, labels := map[string]string{}, map[string]string{}
	var names []string
	for _, d := range described {
		names, labels[d.name] = append(names, d.name), v.T(d.text)
	}
	var list meta.ACL
	if document != nil {
		for _, a := range document.Attributes() {
			switch text, plain := plainText(a, document.Namespace()); {
			case a.Protected():
			case plain:
				if _, ok := values[a.Name().Local]; !ok {
					values[a.Name().Local] = text
					if !slices.Contains(names, a.Name().Local) {
						names = append(names, a.Name().Local)
					}
				}
			default:
				p.Others = append(p.Others, attributeText{a.String(), a.XML()})
			}
		}
		list, p.HasACL = document.ACL()
		p.Unknown = unknownEntries(document, list)
	}
	for _, name := range names {
		p.Fields = append(p.Fields, attributeField{name, cmp.Or(labels[name], name), values[name]})
	}
	for _, entry := range append(list, meta.Entry{}, meta.Entry{}) { // with room for two more
		p.Rights = append(p.Rights, v.aclRow(entry))
	}
}

func (v *visit) aclRow(entry meta.Entry) aclRow {
	row := aclRow{Subject: entry.Subject}
	for _, l := range aclLetters {
		row.Letters = append(row.Letters, aclLetter{l.letter, v.T(l.text), entry.Rights.Has(l.right)})
	}
	return row
}

// refill puts what was typed in back into the form that it came from.
func (p *attributesPage) refill(v *visit, typed url.Values) {
	if typed == nil {
		return
	}
	p.Tag = typed.Get("tag")
	switch typed.Get("action") {
	case "xml":
		p.Text = typed.Get("xml")
	case "describe":
		for i, f := range p.Fields {
			if typed.Has("field." + f.Name) {
				p.Fields[i].Value = typed.Get("field." + f.Name)
			}
		}
	case "rights":
		p.Rights, p.HasACL = nil, typed.Get("own") == "yes"
		for i := range min(len(typed["subject"]), maxEntries) {
			p.Rights = append(p.Rights, v.aclRow(typedEntry(typed, i)))
		}
		p.Rights = append(p.Rights, v.aclRow(meta.Entry{}))
	}
}

// plainText returns the text of an attribute in the namespace of its document that has no
// elements and no attributes in it.
func plainText(a meta.Attribute, namespace string) (text string, ok bool) {
	element, err := meta.ParseElement([]byte(a.XML()))
	if err != nil || a.Name().Space != namespace || !fieldName.MatchString(a.Name().Local) {
		return "", false
	}
	for range element.Children() {
		return "", false
	}
	start, err := xml.NewDecoder(strings.NewReader(a.XML())).Token()
	tag, isStart := start.(xml.StartElement)
	if err != nil || !isStart {
		return "", false
	}
	for _, attribute := range tag.Attr {
		if attribute.Name.Space != "xmlns" && attribute.Name.Local != "xmlns" {
			return "", false
		}
	}
	return element.Text(), true
}

// fieldName is the name of an attribute that the form may make.
var fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// unknownEntries reports whether a list has entries that say nothing to us.
func unknownEntries(document *meta.Document, list meta.ACL) bool {
	entries := 0
	for _, a := range document.Attributes() {
		if a.Name().Local != "ACL" {
			continue
		}
		element, err := meta.ParseElement([]byte(a.XML()))
		if err != nil {
			return true
		}
		for range element.Children() {
			entries++
		}
	}
	return entries > len(list)
}

// maxEntries is how many entries of a list the form takes. Our choice.
const maxEntries = 1000

// maxAttributesForm has room for the text of a sidecar, whatever is escaped in it.
const maxAttributesForm = 4 * filestore.MaxSidecarBytes

// postAttributes makes the changes of one of the three forms.
func postAttributes(v *visit) error {
	name, err := v.subject()
	if err != nil {
		return err
	}
	values, err := v.readValues(maxAttributesForm)
	if err != nil {
		return err
	}
	if err = v.changeAttributes(name, values); err == nil {
		return v.redirect(v.about("attributes", name))
	}
	code, message := v.tell(err)
	if message == "" {
		return err
	}
	v.message = message
	return v.showAttributes(code, name, values)
}

// errChangedMeanwhile keeps one change from undoing another that its author has not seen.
var errChangedMeanwhile = mistake{code: http.StatusConflict, key: "attributes.changed"}

func (v *visit) changeAttributes(name string, values url.Values) error {
	if !v.isToken(values.Get("token")) {
		return errTooOld
	}
	ctx := v.HTTP.Context()
	old, err := filestore.ReadMetadata(ctx, v.View, name)
	if err != nil {
		return err
	}
	if old.ETag != values.Get("tag") {
		return errChangedMeanwhile
	}
	if values.Get("action") == "xml" {
		return v.replaceMetadata(name, old, values.Get("xml"))
	}
	document, err := meta.New("")
	if old.Text != nil {
		document, err = meta.Parse(old.Text)
	}
	if err != nil {
		return filestore.ErrConflict
	}
	var changes []meta.Change
	switch values.Get("action") {
	case "describe":
		changes, err = describingChanges(document, values)
	case "rights":
		changes, err = rightsChanges(values)
	default:
		return errNotUnderstood
	}
	if err != nil {
		return err
	}
	err = v.View.SetAttributesIf(ctx, name, filestore.AttributesIf{Seen: &old.ETag}, changes...)
	if errors.Is(err, filestore.ErrChanged) {
		return errChangedMeanwhile
	}
	return err
}

// replaceMetadata replaces the whole text; an empty one removes it.
func (v *visit) replaceMetadata(name string, old filestore.Metadata, text string) error {
	var content []byte
	if strings.TrimSpace(text) != "" {
		content = []byte(text)
		if !strings.Contains(string(old.Text), "\r\n") {
			content = []byte(strings.ReplaceAll(text, "\r\n", "\n")) // a form makes CRLF of every end of line
		}
	}
	return v.writeMetadata(name, old, content)
}

// writeMetadata stores a text in the place of the one that was read, as long as that is
// still there.
func (v *visit) writeMetadata(name string, old filestore.Metadata, text []byte) error {
	err := filestore.WriteMetadata(v.HTTP.Context(), v.View, name, old, text)
	switch {
	case errors.Is(err, filestore.ErrChanged), errors.Is(err, fs.ErrExist):
		return errChangedMeanwhile
	case errors.Is(err, fs.ErrInvalid):
		why := strings.TrimPrefix(errors.Unwrap(err).Error(), fs.ErrInvalid.Error()+": ")
		return mistake{http.StatusBadRequest, "attributes.badXML", []any{why}}
	}
	return err
}

// describingChanges sets the fields that differ from what is stored; an empty one is
// removed.
func describingChanges(document *meta.Document, values url.Values) (changes []meta.Change, err error) {
	stored := map[string]string{}
	for _, a := range document.Attributes() {
		if text, ok := plainText(a, document.Namespace()); ok && !a.Protected() {
			if _, ok := stored[a.Name().Local]; !ok { // the page shows the first
				stored[a.Name().Local] = text
			}
		}
	}
	fields := map[string]string{}
	for key := range values {
		if name, ok := strings.CutPrefix(key, "field."); ok {
			fields[name] = values.Get(key)
		}
	}
	if name := strings.TrimSpace(values.Get("newName")); name != "" {
		fields[name] = values.Get("newValue")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		text := formText(fields[name])
		switch {
		case !fieldName.MatchString(name), strings.EqualFold(name, "accessPwd"), strings.EqualFold(name, "ACL"):
			return nil, mistake{http.StatusBadRequest, "attributes.badName", []any{quote(name)}}
		case text == formText(stored[name]): // which stays as it is, with what no form keeps
		case !utf8.ValidString(text), strings.ContainsFunc(text, unwritable):
			return nil, mistake{http.StatusBadRequest, "attributes.badText", []any{name}}
		case text == "":
			changes = append(changes, meta.Remove(xml.Name{Local: name}))
		default:
			var b strings.Builder
			fmt.Fprintf(&b, "<%s>", name)
			_ = xml.EscapeText(&b, []byte(text)) // a Builder takes all
			fmt.Fprintf(&b, "</%s>", name)
			attribute, err := meta.ParseAttribute(b.String())
			if err != nil {
				return nil, mistake{http.StatusBadRequest, "attributes.badText", []any{name}}
			}
			changes = append(changes, meta.Set(attribute))
		}
	}
	return changes, nil
}

// formText is a value without what does not survive a form: how its lines end, and blanks
// around it.
func formText(value string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(value))
}

// unwritable reports whether a character cannot stand in XML, or is not seen.
func unwritable(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\uFFFE' || r == '\uFFFF'
}

// rightsChanges makes the list that the form shows that of the entry, or removes it.
func rightsChanges(values url.Values) ([]meta.Change, error) {
	if values.Get("own") != "yes" {
		return []meta.Change{meta.RemoveACL()}, nil
	}
	if len(values["subject"]) > maxEntries {
		return nil, errForm
	}
	list := meta.ACL{}
	for i := range values["subject"] {
		entry := typedEntry(values, i)
		if entry.Subject == "" {
			continue
		}
		if !subject.MatchString(entry.Subject) || entry.Check() != nil {
			return nil, mistake{http.StatusBadRequest, "attributes.badSubject", []any{quote(entry.Subject)}}
		}
		list = append(list, entry)
	}
	return []meta.Change{meta.SetACL(list)}, nil
}

// subject leaves out of what a list can name what would be hard to read in it.
var subject = regexp.MustCompile(`^#?[^\s+\-#@"<>&][^\s"<>&@]*(@[^\s"<>&@]*)?$`)

// typedEntry is an entry of a list in a form: its letters are in fields with its number.
func typedEntry(values url.Values, i int) meta.Entry {
	entry := meta.Entry{Subject: strings.TrimSpace(values["subject"][i])}
	for _, l := range aclLetters {
		if slices.Contains(values[fmt.Sprint("may.", i)], l.letter) {
			entry.Rights |= l.right
		}
	}
	return entry
}
