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
// Parse is strict unless Options name the faults that it may repair. Append writes only
// what a strict Parse accepts, and the same value always becomes the same bytes. No
// text, however hostile, makes them panic, run for long or take more than about sixty
// times its size in memory. Nesting, size and number of items are limited from the
// start, see [Options].
//
// [Marshal] and [Unmarshal] map texts to Go values, [Check] finds all errors of a text.
// Package stream reads and writes texts of any length token by token, and package edit
// changes values and leaves every other byte of a text as it is.
//
// Parse copies its source once, and the strings of a [Value] point into that copy:
// one small value that is kept keeps the whole copy, until [Value.Clone] frees it.
//
// Package unsafe is used in two files. By one, [Marshal] and [Unmarshal] reach the
// values of Go by their addresses; by the other, package stream makes strings without a
// copy. The build tag purego does without both, and takes about a fifth more time.
//
// # The grammar, as it is read
//
// Between any two of these tokens there may be space: in multi-line text any byte up to
// SPACE and comments, in single-line text SPACE alone. Braces and brackets in quotes stand
// for themselves; { } is repetition, [ ] an option.
//
//	text       = [ byte order mark ] value
//	value      = string | datablock | number | time | address | null | xml | object
//	           | array | dictionary
//	array      = "(" [ value { "," value } ] ")"
//	dictionary = "{" { string "=" value ";" } "}"                 each key once, none empty
//	string     = atom | quoted { quoted }                         several are one
//	atom       = first { first | "#" }
//	first      = letter | digit | "_" | "." | "-" | "@" | "!" | "%" | ":" | beyond
//	beyond     = a character beyond ASCII, in UTF-8
//	quoted     = '"' { printable | beyond | escape } '"'          printable but '"' and "\"
//	escape     = "\" ( '"' | "\" | "r" | "n" | "e" | "t" | "f"    \e and \n are a line feed
//	           | digit digit digit                                a byte, 001 to 255
//	           | "u'" hex { hex } "'" )                           a character, not 0
//	datablock  = block { block }                                  several are one
//	block      = "[" { base64 | space } [ "=" ] [ "=" ] "]"       the padding may be missing
//	number     = "#" [ "-" ] ( digit { digit } | "0x" hex { hex } | "0o" octal { octal }
//	           | "0b" binary { binary } )                         64 bits, prefixes in any case
//	time       = "#T" ( "PAST" | "FUTURE" | day "-" month "-" year
//	           [ "_" hour ":" minute ":" second ] )               GMT, years 0001 to 9999
//	address    = "#I[" ( IPv4 | IPv6 ) "]" [ ":" port ]           without a zone, 1 to 65535
//	null       = "#NULL#"                                         in any case
//	object     = "#(" { any, brackets in pairs } ")"
//	xml        = element { element }                              without space between
//	comment    = "//" to the end of the line | "/*" to the next "*/"
//
// What begins with "#" is followed by space, a comment, one of , ; = ) } or the end. Each
// [Tolerance] adds to this grammar what its name says.
//
// # The grammar, as it is written
//
// Space is that of the [Layout], and there are no comments.
//
//	text       = value
//	value      = string | datablock | number | time | address | null | xml | object
//	           | array | dictionary
//	array      = "(" [ value { "," value } ] ")"
//	dictionary = "{" { string "=" value ";" } "}"
//	string     = atom | quoted
//	atom       = ( letter | digit ) { letter | digit | "." | "_" | "-" | "@" }   see Atoms
//	quoted     = '"' { printable | beyond | escape } '"'
//	escape     = "\" ( '"' | "\" | "r" | "t" | "e" or "n" | digit digit digit )
//	           | "\u'" hex { hex } "'"                            if Format says ASCII
//	datablock  = "[" { base64 } [ "=" ] [ "=" ] "]"               in whole groups of four
//	number     = "#" [ "-" ] digit { digit }                      no leading zero
//	time       = "#T" ( "PAST" | "FUTURE" | day "-" month "-" year
//	           [ "_" hour ":" minute ":" second ] )               years 1970 to 2038, or as read
//	address    = "#I[" ( IPv4 | IPv6 ) "]" [ ":" port ]           the shortest form
//	null       = "#NULL#"
//	xml        = as read
//	object     = as read
//
// # Sources
//
// CommuniGate Pro Guide, Account Data (1998-99) and Guide, Data Formats
// (2005) for strings, datablocks, numbers, time stamps, arrays and dictionaries.
// IP addresses, null, XML, opaque objects and comments came later and are known
// from the Guides of versions 4 to 6 and from what the vendor's programs read and
// write. Where no source rules, the comment at the place says "our choice".
package cgpdata
