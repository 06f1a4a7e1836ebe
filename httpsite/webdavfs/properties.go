package webdavfs

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/webdav"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// properties are those of one name.
type properties struct {
	ctx   context.Context
	files filestore.FS
	name  string
}

var (
	_ webdav.DeadPropsHolder = (*reading)(nil)
	_ webdav.DeadPropsHolder = (*writing)(nil)
)

// DeadProps implements [webdav.DeadPropsHolder]. Whoever may not see attributes sees
// none.
func (p properties) DeadProps() (map[xml.Name]webdav.Property, error) {
	if p.name == filestore.Root {
		return nil, nil
	}
	attributes, err := p.files.Attributes(p.ctx, p.name)
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, filestore.ErrConflict):
		return nil, nil
	case err != nil:
		return nil, err
	}
	found := map[xml.Name]webdav.Property{}
	for _, a := range meta.Properties(attributes) {
		if a.Name().Space == meta.PropertiesSpace {
			continue // ours
		}
		if property, err := propertyOf(a); err == nil {
			found[a.Name()] = property
		}
	}
	return found, nil
}

// Patch implements [webdav.DeadPropsHolder].
func (p properties) Patch(patches []webdav.Proppatch) ([]webdav.Propstat, error) {
	var changes []meta.PropertyChange
	answer := webdav.Propstat{Status: http.StatusOK}
	for _, patch := range patches {
		for _, property := range patch.Props {
			answer.Props = append(answer.Props, webdav.Property{XMLName: property.XMLName})
			change := meta.PropertyChange{Remove: property.XMLName}
			if !patch.Remove {
				set, err := attributeOf(property)
				if err != nil {
					answer.Status = http.StatusConflict
				}
				change = meta.PropertyChange{Set: set}
			}
			changes = append(changes, change)
		}
	}
	if answer.Status == http.StatusOK {
		err := p.files.SetAttributes(p.ctx, p.name, meta.ChangeProperties(changes...))
		switch {
		case errors.Is(err, filestore.ErrLimit):
			answer.Status = http.StatusInsufficientStorage
		case errors.Is(err, filestore.ErrLocked):
			answer.Status = http.StatusLocked
		case err != nil:
			answer.Status = http.StatusForbidden
		}
	}
	return []webdav.Propstat{answer}, nil
}

// attributeOf writes a property down by itself.
func attributeOf(p webdav.Property) (meta.Attribute, error) {
	start := xml.StartElement{Name: p.XMLName}
	if p.Lang != "" {
		start.Attr = []xml.Attr{{Name: langName, Value: p.Lang}}
	}
	var b bytes.Buffer
	writeStart(&b, start)
	b.Write(p.InnerXML)
	writeEnd(&b, p.XMLName)
	a, err := meta.ParseAttribute(b.String())
	if err == nil && a.Name() != p.XMLName {
		err = fs.ErrInvalid
	}
	return a, err
}

// propertyOf reads a property. Its content is written anew, with the namespaces that it
// needs: the handler puts it where others are declared. Comments and instructions are
// left out.
func propertyOf(a meta.Attribute) (webdav.Property, error) {
	p := webdav.Property{XMLName: a.Name()}
	var inner bytes.Buffer
	d := xml.NewDecoder(strings.NewReader(a.XML()))
	for depth := 0; ; {
		token, err := d.Token()
		if err == io.EOF {
			p.InnerXML = inner.Bytes()
			return p, nil
		}
		if err != nil {
			return p, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				p.Lang = langOf(t)
			} else {
				writeStart(&inner, t)
			}
		case xml.EndElement:
			if depth--; depth > 0 {
				writeEnd(&inner, t.Name)
			}
		case xml.CharData:
			writeText(&inner, string(t))
		}
	}
}

const xmlSpace = "http://www.w3.org/XML/1998/namespace"

var langName = xml.Name{Space: xmlSpace, Local: "lang"}

func langOf(e xml.StartElement) string {
	for _, a := range e.Attr {
		if a.Name == langName {
			return a.Value
		}
	}
	return ""
}

// writeStart writes a start tag that needs no declaration from around it. An
// [xml.Encoder] takes an element without a namespace to be in that around it.
func writeStart(b *bytes.Buffer, e xml.StartElement) {
	b.WriteString("<" + e.Name.Local)
	writeAttribute(b, "xmlns", e.Name.Space)
	prefixes := 0
	for _, a := range e.Attr {
		switch {
		case a.Name.Space == "xmlns", a.Name.Local == "xmlns":
		case a.Name.Space == xmlSpace:
			writeAttribute(b, "xml:"+a.Name.Local, a.Value)
		case a.Name.Space == "":
			writeAttribute(b, a.Name.Local, a.Value)
		default:
			prefixes++
			prefix := "a" + strconv.Itoa(prefixes)
			writeAttribute(b, "xmlns:"+prefix, a.Name.Space)
			writeAttribute(b, prefix+":"+a.Name.Local, a.Value)
		}
	}
	b.WriteByte('>')
}

func writeAttribute(b *bytes.Buffer, name, value string) {
	b.WriteString(" " + name + `="`)
	writeText(b, value)
	b.WriteByte('"')
}

func writeEnd(b *bytes.Buffer, name xml.Name) { b.WriteString("</" + name.Local + ">") }

func writeText(b *bytes.Buffer, text string) {
	_ = xml.EscapeText(b, []byte(text)) // a buffer has no errors
}
