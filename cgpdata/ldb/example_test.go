package ldb_test

import (
	"fmt"

	"github.com/cgpkit/cgpkit/cgpdata/ldb"
)

func ExampleParse() {
	config, err := ldb.Parse([]byte(`{
  Server        = "ldap.client1.com";
  Fields        = ("mail","cn");
  LoginName     = "mail=remoteadmin";
  LoginPassword = "testpassword";
}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(config.URL())
	fmt.Println(config)
	// Output:
	// ldap://ldap.client1.com:389
	// table ["mail" "cn"] at "ldap.client1.com" below "" as "mail=remoteadmin"
}
