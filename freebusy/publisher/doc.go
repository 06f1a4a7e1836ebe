// Package publisher makes the file freebusy.vfb of accounts out of their
// calendars, wherever these are: in the mailboxes of a CommuniGate Pro base
// directory, on a CalDAV server, in a database.
//
//	type server struct {
//		filestore.Directory
//		*publisher.Publisher // adds BuildFreeBusy, which makes it a filestore.FreeBusyBuilder
//	}
//	site := &httpsite.Handler{Views: filestore.NewViews(server{users, publisher.New(calendars, nil)}, stores, nil)}
//
// The file is made when somebody who may read it looks at it, and stored: see
// [filestore.FreeBusyBuilder]. After that it is made again
//
//   - when the calendar has changed;
//   - when another calendar is published, unless the account is not in memory:
//     then within a day;
//   - when its window is more than a day old, or of another length;
//   - when the account has got another name;
//   - when it is gone.
//
// A file that some other program stored, as calendar programs do, stays until the
// calendar changes after that. A file is known to be ours by its PRODID,
// [freebusy.ProductID].
//
// The answer is the empty dataset, which is not stored, where there is no calendar,
// where nothing is to be published, and where no file is stored and the calendar cannot
// be read. A calendar that could not be found or read is left alone for a minute. Items
// that cannot be read are logged and left out.
//
// What is known of an account is taken as it is for a second. A bounded number of
// accounts is kept in memory.
//
// Source: CommuniGate Pro Guide, File Storage, "Special Files and Folders"; what
// becomes of files of other programs, and all times, are our choice.
package publisher
