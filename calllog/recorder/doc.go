// Package recorder writes call records into the File Storages of accounts, where
// their owners find them: private/logs/calls-yyyy-mmm.
//
//	base, err := directory.Open("/var/CommuniGate", nil)
//	...
//	calls := &recorder.Recorder{Accounts: base}
//	err = calls.Record(ctx, "john@client1.com", calllog.Record{
//		End:      time.Now(),
//		Peer:     calllog.Peer{Name: "Mary", Address: "mary@client2.com"},
//		CallID:   "a84b4c76@pc33.client1.com",
//		Answered: true,
//		CallTime: 125 * time.Second,
//	})
//	if errors.Is(err, filestore.ErrLimit) {
//		log.Print(err) // the storage is full; the log is as it was
//	}
//
// Records go through the storage, as the owner of the account: they count against
// its limits, and an account whose setting CallLogs is NO gets none.
//
// An append copies the log up to then, so its cost grows with the log. Records of
// one log that come while another one is being written are written together, by
// the next append. So nothing waits for a timer, nothing is kept back to be
// flushed, and there is nothing to close.
//
// Source: CommuniGate Pro Guide, File Storage, "Special Files and Folders"; the
// directory private/logs is that of a vendor application.
package recorder
