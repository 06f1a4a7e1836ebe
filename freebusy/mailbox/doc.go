// Package mailbox reads calendar items out of the mailboxes of a CommuniGate Pro
// account: the iCalendar texts that its messages hold.
//
//	m, err := mailbox.Open("/var/CommuniGate/Accounts/john.macnt", "Calendar")
//	if err != nil {
//		return err // fs.ErrNotExist: there is no such mailbox
//	}
//	for item, err := range m.Items(ctx) {
//		var broken *mailbox.MessageError
//		switch {
//		case errors.As(err, &broken):
//			log.Warn("calendar item cannot be read", "err", broken)
//		case err != nil:
//			return err // ErrMailboxChanged: open the mailbox again, and begin anew
//		default:
//			use(item)
//		}
//	}
//
// # On disk
//
// The mailbox Work/Team is the file Work.folder/Team.mbox, or the directory
// Work.folder/Team.mdir, below the directory of the account; the names are in
// modified UTF-7 (RFC 3501 §5.1.3). A .mbox file holds messages with an empty line
// and a "From " line in front of each (CommuniGate Pro Guide, Mailboxes); a .mdir
// directory holds a file for each message. Nothing tells how the third form, .mslc,
// is read: [ErrSliced].
//
// Nothing is locked and nothing is written. No symbolic link below the directory
// of the account is followed, and what is no regular file is not opened.
//
// # In a message
//
// An item is a VCALENDAR object in a part of the type text/calendar or
// application/ics, at any depth up to 8 multiparts; or in the body of a message
// that is plain text, or has no type, and begins with BEGIN:VCALENDAR. A message
// attached to a message (message/rfc822) is somebody's mail and not looked into.
// Items come in UTF-8, otherwise as they were written, and always whole. A message
// that holds no item, such as a contact, is passed over.
//
// Messages are read as mailers write them. Lines and parameters of a header that are
// broken do not count; a boundary may lack the quotes that it needs. In base64 what
// does not belong there is ignored (RFC 2045 §6.8), and in quoted-printable it stands
// for itself. A charset or transfer encoding that is not known, or that the text
// plainly is not in, is taken for none, since dates are ASCII in most of them.
//
// # Deleted messages
//
// They are skipped. No document tells how the server marks them: it keeps flags in
// the "From " line of a .mbox, in a form that is not described, and that line is not
// interpreted. What is accepted are the marks of other mail systems: D in a field
// Status or X-Status that holds nothing but flags (UW IMAP, Pine, Mutt), and T
// behind ":2," in the name of a file (the Maildir specification; ";" or "!" for ":"
// where a file system wants it).
//
// # Limits
//
// One part has up to [MaxBytes]; a header 256 KiB without what is broken, a message
// 1,000 parts, a .mdir 50,000 entries: our choice. All else is streamed, so that
// memory does not grow with a mailbox or an attachment.
package mailbox
