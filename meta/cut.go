package meta

// WithoutGrants returns the document src without its accessPwd and ACL
// elements, which is what a copy of a file takes along. Only the elements that
// count as such are cut, see [Parse]; every other byte stays as it is, comments
// and blanks between the elements included. If there is nothing to cut it
// returns src itself, else new memory. The errors are those of Parse.
//
// Source: our choice; no Guide says what a copy does with a metadata file.
func WithoutGrants(src []byte) ([]byte, error) {
	doc, err := Parse(src)
	if err != nil {
		return nil, err
	}
	if len(doc.grants) == 0 {
		return src, nil
	}
	rest := make([]byte, 0, len(src))
	kept := 0 // src up to here is in rest or cut
	for _, grant := range doc.grants {
		rest = append(rest, src[kept:grant.start]...)
		kept = grant.end
	}
	return append(rest, src[kept:]...), nil
}
