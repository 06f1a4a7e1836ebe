// Package ldb reads the description of a CommuniGate Pro table that is kept in
// an LDAP server: a file with the extension .ldb, which holds no records, but a
// dictionary that says where they are.
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
//	fmt.Println(config.URL(), config.Fields[0]) // ldap://ldap.client1.com:389 mail
//
// A file is limited to [MaxBytes].
//
// Source: CommuniGate Pro Guide, Account Data, "The .ldb Format". The key
// SearchBase and the forms of Server beyond a host are our choice.
package ldb
