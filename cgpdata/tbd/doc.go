// Package tbd reads, writes and changes the text tables of CommuniGate Pro: files
// with the extension .tbd that hold one record in each line, with a TAB between
// its fields. Line 1 has the names of the fields, and the first field is the key.
//
// A [Table] is a file that many change and look up at once. A [Reader] streams one
// of any size:
//
//	table, err := tbd.NewReader(file, nil)
//	if err != nil {
//		return err
//	}
//	for record, err := range table.Records() {
//		var bad *tbd.SyntaxError
//		if errors.As(err, &bad) {
//			continue // this record only; the next ones still come
//		} else if err != nil {
//			return err
//		}
//		mail, _ := record.Get("mail")
//		fmt.Println(mail.Text())
//	}
//
// A field is plain text, or a value in the text format of package cgpdata, such
// as an array or a dictionary. Lines are limited to Options.MaxLine bytes, and
// the file of a Table to Options.MaxBytes. A line that is not UTF-8 is read as
// Latin-1; UTF-8 is written. A table in UTF-16, as spreadsheets call Unicode text, is
// refused.
//
// Source: CommuniGate Pro Guide, Account Data, "The .tbd Format". It says
// nothing about errors, about marks inside of fields and about the letter case of
// keys; that is our choice.
package tbd
