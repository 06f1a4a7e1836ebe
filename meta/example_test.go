package meta_test

import (
	"fmt"

	"github.com/cgpkit/cgpkit/meta"
)

func ExampleParse() {
	doc, err := meta.Parse([]byte(`<meta>
  <accessPwd><key>aab22kk</key><EMail>user1@domain1.dom</EMail></accessPwd>
  <ACL><subKey key="john">lr</subKey><subKey key="anyone@">l</subKey></ACL>
</meta>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(doc.HasKey("aab22kk"), doc.HasKey("guess"))

	acl, _ := doc.ACL()
	john := meta.Caller{Account: "john", Domain: "client1.com"}
	ann := meta.Caller{Account: "ann", Domain: "client1.com"}
	fmt.Println(acl.Rights(john, "client1.com"), acl.Rights(ann, "client1.com"))
	// Output:
	// true false
	// lr l
}

func ExampleWithoutGrants() {
	copied, err := meta.WithoutGrants([]byte(`<meta><title>Beach</title><accessPwd><key>aab22kk</key></accessPwd></meta>`))
	fmt.Println(string(copied), err)
	// Output: <meta><title>Beach</title></meta> <nil>
}
