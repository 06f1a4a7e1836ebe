package meta_test

import (
	"errors"
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

// Sharing a file for which there is no sidecar yet. Use [meta.NewKey] for the
// key.
func ExampleNew() {
	doc, err := meta.New("http://client1.com/meta")
	if err != nil {
		fmt.Println(err)
		return
	}
	doc, err = doc.Apply(meta.AddKey(meta.Share{
		Key:        "LNXBYTQ5WDSE3DFYEQYPSFVXZL",
		Recipients: []meta.Recipient{{Address: "user1@domain1.dom", Name: "User Name"}},
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", doc.Bytes())
	// Output:
	// <?xml version="1.0" encoding="UTF-8"?>
	// <meta xmlns="http://client1.com/meta">
	//   <accessPwd><key>LNXBYTQ5WDSE3DFYEQYPSFVXZL</key><EMail realName="User Name">user1@domain1.dom</EMail></accessPwd>
	// </meta>
}

func ExampleDocument_Apply() {
	doc, err := meta.Parse([]byte(`<meta>
  <!-- by hand -->
  <accessPwd><key>aab22kk</key></accessPwd>
  <accessPwd><key>zz11</key></accessPwd>
  <x:place xmlns:x="urn:x">Corfu</x:place>
</meta>
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	title, err := meta.ParseAttribute("<title>Holidays</title>")
	if err != nil {
		fmt.Println(err)
		return
	}
	doc, err = doc.Apply(
		meta.RevokeKey("aab22kk"),
		meta.SetACL(meta.ACL{{Subject: "#staff", Rights: meta.List | meta.Read}}),
		meta.Set(title),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", doc.Bytes())
	// Output:
	// <meta>
	//   <!-- by hand -->
	//   <accessPwd><key>zz11</key></accessPwd>
	//   <x:place xmlns:x="urn:x">Corfu</x:place>
	//   <ACL><subKey key="#staff">lr</subKey></ACL>
	//   <title>Holidays</title>
	// </meta>
}

// What clients send, with the right that each change needs.
func ExampleParseChange() {
	doc, err := meta.Parse([]byte(`<meta xmlns="urn:m"><accessPwd><key>old</key></accessPwd><title>Beach</title></meta>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, element := range []string{
		`<accessPwd mode="delete"><key>old</key></accessPwd>`,
		`<accessPwd mode="add"><key>new</key></accessPwd>`,
		`<title mode="delete"/>`,
		`<title>Sun</title></meta>`,
	} {
		change, err := meta.ParseChange(element)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(change, change.Protected())
		if doc, err = doc.Apply(change); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Printf("%s\n", doc.Bytes())
	// Output:
	// remove attribute accessPwd true
	// set attribute accessPwd true
	// remove attribute title false
	// meta: line 1, column 26: end tag without start tag
	// <meta xmlns="urn:m"><accessPwd><key>new</key></accessPwd></meta>
}

// An attribute stands alone, and so can go into another document.
func ExampleDocument_Attributes() {
	doc, err := meta.Parse([]byte(`<m:meta xmlns:m="urn:m" xmlns:x="urn:x"><x:place>Corfu</x:place><m:ACL/></m:meta>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range doc.Attributes() {
		fmt.Println(a, a.Protected(), a.XML())
	}
	// Output:
	// {urn:x}place false <x:place xmlns:x="urn:x">Corfu</x:place>
	// {urn:m}ACL true <m:ACL xmlns:m="urn:m"/>
}

func ExampleErrLimit() {
	doc := new(meta.Document)
	_, err := doc.Apply(make([]meta.Change, meta.MaxElements+1)...)
	fmt.Println(errors.Is(err, meta.ErrLimit))
	// Output: true
}

func ExampleInherit() {
	sidecar, err := meta.Inherit(nil, []byte(`<meta><title>Beach</title><ACL><subKey key="john">lr</subKey></ACL></meta>`), "")
	fmt.Print(string(sidecar), err)
	// Output:
	// <?xml version="1.0" encoding="UTF-8"?>
	// <meta>
	//   <ACL><subKey key="john">lr</subKey></ACL>
	// </meta>
	// <nil>
}

func ExampleWithoutGrants() {
	copied, err := meta.WithoutGrants([]byte(`<meta><title>Beach</title><accessPwd><key>aab22kk</key></accessPwd></meta>`))
	fmt.Println(string(copied), err)
	// Output: <meta><title>Beach</title></meta> <nil>
}
