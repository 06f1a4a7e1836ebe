package dav

import (
	"context"
	"encoding/xml"
	"errors"
	"io/fs"
	"net/http"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// patch is one property that a client sets or removes.
type patch struct {
	name    xml.Name
	refused int // the status, if it cannot be done
}

// proppatch answers PROPPATCH (RFC 4918 §9.2): all of it is done, or nothing.
func (req *request) proppatch() error {
	current, err := req.target(req.Name)
	if err != nil {
		return err
	}
	if current == nil || req.Directory && !current.IsDir() {
		return fs.ErrNotExist
	}
	holds, err := req.holds(current)
	if err != nil {
		return err
	}
	root, ok, err := req.readXML(maxProperties, "propertyupdate")
	if err == nil && !ok {
		err = &Error{Code: http.StatusBadRequest, Err: errors.New("PROPPATCH without a body")}
	}
	if err != nil {
		return err
	}
	patches, changes := patchesOf(root, current)
	if len(patches) == 0 {
		return &Error{Code: http.StatusBadRequest, Err: errors.New("propertyupdate without properties")}
	}
	refused := isRefused(patches)
	if refused {
		changes = nil // locks and rights count all the same
	}
	if err := req.setProperties(holds.ETag, changes); err != nil {
		return notFound(err)
	}
	if !refused && (prefers(req.r.Header, "return=minimal") || strings.EqualFold(req.r.Header.Get("Brief"), "t")) {
		req.w.WriteHeader(http.StatusOK) // RFC 8144 §2.2
		return nil
	}
	b := []byte(xmlHead + `<D:multistatus xmlns:D="DAV:"><D:response><D:href>`)
	b = req.appendHref(b, req.Name, current.IsDir())
	b = append(b, "</D:href>"...)
	b = appendPatches(b, patches)
	b = append(b, "</D:response></D:multistatus>\n"...)
	req.w.Header().Set("Content-Type", xmlType)
	req.w.WriteHeader(http.StatusMultiStatus)
	_, err = req.w.Write(b)
	return err
}

// setProperties changes properties of what has that entity tag, "" is any. A storage that
// is no View checks it no more.
func (req *request) setProperties(tag string, changes []meta.PropertyChange) error {
	type view interface {
		SetAttributesIf(ctx context.Context, name string, o filestore.AttributesIf, changes ...meta.Change) error
	}
	if v, ok := req.files.(view); ok {
		return v.SetAttributesIf(req.r.Context(), req.Name, filestore.AttributesIf{ETag: tag}, meta.ChangeProperties(changes...))
	}
	return req.files.SetAttributes(req.r.Context(), req.Name, meta.ChangeProperties(changes...))
}

// patchesOf reads the instructions of a propertyupdate or a mkcol, in their order.
func patchesOf(root meta.Element, current filestore.FileInfo) (patches []patch, changes []meta.PropertyChange) {
	for instruction := range root.Children() {
		set := instruction.Name() == davName("set")
		if !set && instruction.Name() != davName("remove") {
			continue
		}
		for prop := range instruction.Children() {
			if prop.Name() != davName("prop") {
				continue
			}
			for property := range prop.Children() {
				p, c := patchOf(property, set, current)
				patches, changes = append(patches, p), append(changes, c...)
			}
		}
	}
	return patches, changes
}

func patchOf(property meta.Element, set bool, current filestore.FileInfo) (patch, []meta.PropertyChange) {
	p := patch{name: property.Name()}
	l := live(p.name)
	isTime := p.name == davName("getlastmodified")
	switch {
	case l != nil && !l.settable, p.name.Space == meta.PropertiesSpace:
		p.refused = http.StatusForbidden
		return p, nil
	case !set && isTime:
		return p, []meta.PropertyChange{{Remove: modifiedName}}
	case !set:
		return p, []meta.PropertyChange{{Remove: p.name}}
	}
	var changes []meta.PropertyChange
	if !isTime {
		changes = append(changes, meta.PropertyChange{Set: property.Attribute()})
	}
	if isTime || p.name == windowsName("Win32LastModifiedTime") {
		told, err := modifiedAt(property.Text(), current)
		if err != nil && isTime {
			p.refused = http.StatusConflict
		}
		if err == nil {
			changes = append(changes, meta.PropertyChange{Set: told})
		}
	}
	return p, changes
}

func isRefused(patches []patch) bool {
	for _, p := range patches {
		if p.refused != 0 {
			return true
		}
	}
	return false
}

// appendPatches appends what became of properties: if one is refused, all others are
// given up (RFC 4918 §9.2.1).
func appendPatches(dst []byte, patches []patch) []byte {
	others := http.StatusOK
	if isRefused(patches) {
		others = http.StatusFailedDependency
	}
	for _, code := range []int{http.StatusForbidden, http.StatusConflict, others} {
		told := make(map[xml.Name]bool)
		for _, p := range patches {
			status := p.refused
			if status == 0 {
				status = others
			}
			if status != code || told[p.name] {
				continue
			}
			if len(told) == 0 {
				dst = append(dst, "<D:propstat><D:prop>"...)
			}
			told[p.name] = true
			dst = appendEmpty(dst, p.name)
		}
		if len(told) == 0 {
			continue
		}
		dst = append(dst, "</D:prop>"...)
		dst = appendStatus(dst, code)
		if code == http.StatusForbidden {
			dst = append(dst, "<D:error><D:cannot-modify-protected-property/></D:error>"...)
		}
		dst = append(dst, "</D:propstat>"...)
	}
	return dst
}

// mkcol makes a directory (RFC 4918 §9.3), with properties if the body has some (RFC
// 5689).
func (req *request) mkcol() error {
	current, err := req.target(req.Name)
	if err != nil {
		return err
	}
	var patches []patch
	var changes []meta.PropertyChange
	if req.r.ContentLength != 0 {
		if patches, changes, err = req.readMkcol(); err != nil {
			return err
		}
	}
	holds, err := req.holds(nil)
	if current == nil && err != nil {
		return req.orNoParent(req.Name, err) // something that is there already counts more, too
	}
	if isRefused(patches) && current == nil {
		b := []byte(xmlHead + `<D:mkcol-response xmlns:D="DAV:">`)
		b = appendPatches(b, patches)
		return &Error{Code: http.StatusForbidden, Err: errors.New("properties of MKCOL"), body: append(b, "</D:mkcol-response>\n"...)}
	}
	ctx := req.r.Context()
	if err := req.files.Mkdir(ctx, req.Name); err != nil {
		if current == nil {
			err = lostRace(holds, err)
		}
		return parentConflict(err)
	}
	if len(changes) > 0 {
		if err := req.files.SetAttributes(ctx, req.Name, meta.ChangeProperties(changes...)); err != nil {
			// Nobody has been told of the directory yet.
			return errors.Join(err, req.files.Remove(ctx, req.Name, filestore.RemoveOptions{}))
		}
	}
	req.w.WriteHeader(http.StatusCreated)
	return nil
}

// readMkcol reads the body of an extended MKCOL.
func (req *request) readMkcol() ([]patch, []meta.PropertyChange, error) {
	kind, _, _ := strings.Cut(strings.ToLower(req.r.Header.Get("Content-Type")), ";")
	if kind = strings.TrimSpace(kind); kind != "application/xml" && kind != "text/xml" {
		return nil, nil, &Error{Code: http.StatusUnsupportedMediaType, Err: errors.New("body not understood")}
	}
	root, ok, err := req.readXML(maxProperties, "mkcol")
	if err != nil || !ok {
		return nil, nil, err
	}
	isDirectory := false
	for set := range root.Children() {
		for prop := range set.Children() {
			for property := range prop.Children() {
				if property.Name() != davName("resourcetype") {
					continue
				}
				for kind := range property.Children() {
					if kind.Name() != davName("collection") {
						return nil, nil, &Error{Code: http.StatusForbidden, Condition: "valid-resourcetype"}
					}
					isDirectory = true
				}
			}
		}
	}
	if !isDirectory {
		return nil, nil, &Error{Code: http.StatusForbidden, Condition: "valid-resourcetype"}
	}
	patches, changes := patchesOf(root, newDirectory{})
	for i := range patches {
		if patches[i].name == davName("resourcetype") {
			patches[i].refused = 0
		}
	}
	return patches, changes, nil
}

// newDirectory is a directory that is about to be made: it has no entity tag.
type newDirectory struct{ filestore.FileInfo }

func (newDirectory) ETag() string { return "" }

// prefers reports whether a client has named a preference (RFC 7240, RFC 8144).
func prefers(header http.Header, name string) bool {
	for _, line := range header.Values("Prefer") {
		for preference := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(preference), name) {
				return true
			}
		}
	}
	return false
}
