// Package calllog reads and writes the call logs of CommuniGate Pro accounts:
// text files, one for each month, with one line for each call.
//
//	log, err := os.Open("calls-2009-Mar")
//	...
//	year, month, _ := calllog.ParseFileName("calls-2009-Mar") // a record has no year
//	for record, err := range calllog.Read(log, &calllog.Options{Year: year, Month: month}) {
//		var bad *calllog.SyntaxError
//		if errors.As(err, &bad) {
//			continue // this line only; the next ones still come
//		} else if err != nil {
//			return err
//		}
//		fmt.Println(record.End, record.Peer.Address, record.CallTime)
//	}
//
// An [Appender] writes records to files, and package recorder, in this
// directory, to the File Storages of accounts; package statistics counts calls.
//
// Lines are limited to Options.MaxLine bytes. Only record format 2 is
// documented; records of other formats are handed over as they are.
//
// Source: CommuniGate Pro Guide, File Storage, "Special Files and Folders".
package calllog
