// Package cgpdata reads and writes the text in which CommuniGate Pro keeps its
// settings, database fields and command line data: strings, datablocks, numbers,
// time stamps, IP addresses, arrays, dictionaries and a few more.
//
//	v, err := cgpdata.Parse([]byte(`{Name="Big Server"; Ports=(25,587);}`), nil)
//	if err != nil {
//		return err // cgpdata: line 1, column 9: unterminated string at Name
//	}
//	ports, _ := v.Get("Ports")
//	for port := range ports.Elements() {
//		fmt.Println(port.Text())
//	}
//	text, err := cgpdata.Append(nil, v, &cgpdata.Format{Layout: cgpdata.Settings})
//
// Parse is strict unless Options name the faults that it may repair. Append
// writes only what a strict Parse accepts, and the same value always becomes the
// same bytes. No text, however hostile, makes them panic, run for long or take
// more than about sixty times its size in memory: nesting, size and number of
// items are limited from the start (see [Options]).
//
// [Marshal] and [Unmarshal] map texts to Go values, [Decoder] and [Encoder] read
// and write texts of any length token by token, and a [Document] changes values
// and leaves every other byte of its text as it is. [Check] finds all errors of a text.
//
// Parse copies its source once, and the strings of a [Value] point into that copy:
// one small value that is kept keeps the whole copy, until [Value.Clone] frees it.
//
// Sources: CommuniGate Pro Guide, Account Data (1998-99) and Guide, Data Formats
// (2005) for strings, datablocks, numbers, time stamps, arrays and dictionaries.
// IP addresses, null, XML, opaque objects and comments came later and are known
// from the Guides of versions 4 to 6 and from what the vendor's programs read and
// write. Where no source rules, the comment at the place says "our choice".
package cgpdata
