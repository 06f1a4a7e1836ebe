// Package meta reads, changes and writes the metadata documents of CommuniGate
// Pro File Storage: the file X.meta that stands beside X and holds its
// attributes as XML.
//
// Most attributes only describe a file. Two of them open it to others, and
// this package says what they grant: the keys of accessPwd elements, which
// share a private file or directory with whoever names the key, and the ACL
// element, which gives rights to other accounts.
//
//	doc, err := meta.Parse(sidecar)
//	if err != nil {
//		return err // a document that cannot be read grants nothing
//	}
//	if doc.HasKey(key) {
//		// whoever brought the key may read
//	}
//	acl, _ := doc.ACL()
//	caller := meta.Caller{Account: "john", Domain: "client1.com"}
//	if acl.Rights(caller, "client1.com").Has(meta.Read | meta.List) {
//		// john may list and read
//	}
//
// A change is made in the text of the document, and everything that it is not
// about keeps its bytes:
//
//	change, err := meta.ParseChange(`<title>Holidays</title>`) // from a client
//	if err != nil {
//		return err
//	}
//	if change.Protected() && !administers {
//		return fs.ErrPermission
//	}
//	doc, err = doc.Apply(change, meta.AddKey(meta.Share{Key: meta.NewKey()}))
//	if err != nil {
//		return err // nothing has changed
//	}
//	sidecar = doc.Bytes()
//
// # What is read
//
// Documents are limited to [MaxBytes], [MaxDepth], [MaxElements] and
// [MaxNamespace]. They have to be well-formed XML 1.0 in UTF-8, with namespaces
// as Namespaces in XML 1.0 has them, and a document type declaration is
// refused. The tokens are those of encoding/xml, which lets some faults by that
// change no element: an XML declaration without a version or with an unknown
// standalone, and processing instructions whose target is "xml" in other
// letters. Line breaks in the value of an attribute of an element stay line
// breaks.
//
// # Sources
//
// CommuniGate Pro Guide, File Storage, "Special Files and Folders" and "Shared
// Private Files", for the document and its keys; the attribute and ACL commands
// of the later Guide, and what vendor clients send, for the ACL and for
// changes. All leave much unsaid; where a comment reads "our choice", no source
// rules.
package meta
