// Command cgpdata works on CommuniGate Pro settings files and other texts in the
// dictionary format.
//
//	go install github.com/cgpkit/cgpkit/examples/cgpdata@latest
//	cgpdata COMMAND
//
// With go run ./examples/cgpdata COMMAND it works as well, but slower, and go run makes 1 of
// every exit status that is not 0. The commands are:
//
//	json [-lenient] [FILE]               text to JSON
//	from-json [-lenient] [FILE]          JSON to text
//	fmt [-w] [-lenient] [FILE]           canonical layout; comments are kept
//	check [FILE...]                      report every error
//	get [-raw] [-lenient] PATH [FILE]    print one value
//	set [-w] [-lenient] PATH VALUE [FILE]
//	                                     change or add one value
//	del [-w] [-lenient] PATH [FILE]      take one value out
//	tbd [-lenient] [FILE]                text table to JSON lines
//
// Without a FILE, or with -, it reads standard input.
//
// A PATH is keys and array indexes, AccountDefaults.MaxWebSize or
// Listener.Ports[1].PortNumber. A key that is not an atom, or has a dot, is quoted as in
// the format: 'Sites."mail.example.com".Limit'.
//
// # Values
//
// A VALUE is single-line text without comments: 100M is a string, '"Big Server"' a string
// that needs quotes (and the shell needs others around them), #5 a number, '(25,587)' an
// array, '{a=b;}' a dictionary. get prints the same text, so that
//
//	cgpdata set -w MaxWebSize "$(cgpdata get MaxWebSize one.settings)" other.settings
//
// copies a value of any kind. With -raw it prints what a string holds, without quotes and
// escapes.
//
// # Edits
//
// set and del change only the bytes that they must: comments, layout and all other values
// stay as they are. A new key gets its place if the keys ascend; the dictionary that it
// goes into must be there. Without -w the whole text with the change is printed. With -w
// the file is replaced in one step: it is never half written, keeps its mode and owner,
// and must not be a symbolic link. A file that changes meanwhile is read again.
//
// fmt writes each pair of the outermost dictionary on its own line and the values
// without blanks, as the server does; what has comments inside goes on many lines.
//
// # JSON
//
// Strings, numbers, null, arrays and dictionaries are those of JSON, with keys in the same
// order; everything else is an object with one reserved key, such as
// {"#time":"2005-10-22T15:24:45Z"}. Package [github.com/cgpkit/cgpkit/cgpdata/jsonform]
// has the table. Nothing is lost: json FILE | from-json has the same value as FILE.
// What has been read leniently needs from-json -lenient.
//
// tbd prints one object for each record, with the names of line 1 as keys. A bad record is
// reported, and the others are printed; so is a name that is empty or there twice, whose
// field is not. Tables of any size need little memory.
//
// # Errors
//
// An error is told on standard error in one line, FILE:LINE:COLUMN: text, with the line
// of the file and a mark under the column. check tells up to 100 of a file; all other
// commands stop at the first one and print nothing else. With -lenient, faults that can
// be repaired, such as a trailing comma or a repeated key, are told and repaired instead.
//
// check also warns of keys that begin or end with blanks and marks that nobody sees, as
// editors and web pages leave them; that is no error.
//
// The exit status is 0 if all went well, 1 for bad input (a file that cannot be read or
// written, an error in it, a path that names nothing) and 2 for a bad command line, which
// a PATH or VALUE with an error in it is as well.
package main
