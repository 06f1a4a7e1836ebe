// Package edit changes texts of the format of package cgpdata and leaves every byte as it is
// that it need not change: comments, layout, the order of keys and the spelling of values.
//
//	err := edit.UpdateFile("Main.settings", nil, func(d *edit.Document) error {
//		return d.Set(cgpdata.Path{cgpdata.Key("LogLevel")}, cgpdata.String("4"))
//	})
package edit
