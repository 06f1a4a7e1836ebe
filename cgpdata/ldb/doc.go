// Package ldb serves a CommuniGate Pro table that is kept in an LDAP server, and
// reads its description: a file with the extension .ldb, which holds no records,
// but a dictionary that says where they are.
//
//	config, err := ldb.Parse([]byte(`{
//	  Server        = "ldap.client1.com";
//	  Fields        = ("mail","cn");
//	  LoginName     = "mail=remoteadmin";
//	  LoginPassword = "testpassword";
//	}`))
//	if err != nil {
//		return err
//	}
//	table, err := ldb.Open(config, &ldb.Options{StartTLS: true})
//	if err != nil {
//		return err
//	}
//	defer table.Close()
//	user, err := table.Get(ctx, "user1@client1.com")
//
// [OpenFile] does both for a file, and is what package table takes to open such
// tables beside text tables.
//
// A description is limited to [MaxBytes], what the server sends to
// Options.MaxReply for each request, and each request to Options.Timeout. Without
// TLS a password is sent to a server on the loopback interface only; see
// Options.PlainBind.
//
// Source: CommuniGate Pro Guide, Account Data, "The .ldb Format". The key
// SearchBase, the forms of Server beyond a host, and which requests of LDAP (RFC
// 4511) serve which method are our choice.
package ldb
