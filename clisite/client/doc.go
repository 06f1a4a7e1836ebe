// Package client gives commands to a CommuniGate Pro server, or to one of package
// clisite, over the PWD protocol: those for file storages, and those about domains and
// accounts that programs need on the way (CommuniGate Pro Guide, CLI and PWD).
//
//	c := &client.Client{Address: "mail.example.com:106", User: "postmaster", Password: password, Security: client.StartTLS}
//	defer c.Close()
//	storage := c.Storage("john@client1.com")
//	for entry, err := range storage.List(ctx, "private", "") {
//		if err != nil {
//			return err
//		}
//		fmt.Println(entry.Name(), entry.Size())
//	}
//
// A [Storage] is a [filestore.FS], so that what works on a storage of this machine works
// on one far away. Its methods with the names of commands are one command each.
//
// # What the protocol cannot do
//
// Times: they come in seconds, and none can be set. A directory has none.
//
// Replacing: one command replaces the content of a file, in one step, with as much as
// it carries (Client.SliceBytes). Longer content is written aside, and between the
// going of the old file and the coming of the new one there is a moment without
// either; see [Storage.Create]. The same goes for [Storage.Rename] with Replace.
//
// Conditions: "only if nobody has changed it" has no word, so options with entity tags
// give errors.ErrUnsupported. Entity tags are weak, of size and time.
//
// Trees: a copy passes through the client, and a tree is removed entry by entry.
//
// Answers that do not come: when a connection breaks, the command may have been carried
// out, or may yet be. A command that only reads, or that may as well be carried out
// twice, is given again over another connection if the first had been open for a while.
// Anything else is an error, and the caller has to look.
//
// # Other servers
//
// Only documented commands are sent, in their documented forms, with the answers on one
// line (INLINE). What a refusal means stands in its text alone: see [Error]. A listing
// shows what the server lists: servers may or may not list sidecars (X.meta) as
// files, and [Storage.Attributes] reads them in any case.
//
// # Safety
//
// A password goes over the network under TLS or as an APOP digest, unless LoginClear says
// otherwise. Answers are bounded, and a server that stalls is given up. Names in
// listings are checked: what no storage can hold, such as "..", comes as an error. A
// listing is whole or an error. What comes after a fault on the wire is never taken for
// the answer to another command: the connection is given up.
package client
