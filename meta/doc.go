// Package meta reads the metadata documents of CommuniGate Pro File Storage:
// the file X.meta that stands beside X and holds its attributes as XML.
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
// Documents are limited to [MaxBytes], [MaxDepth] and [MaxElements]. They have
// to be well-formed XML 1.0 in UTF-8 with declared namespace prefixes, and a
// document type declaration is refused.
//
// Sources: CommuniGate Pro Guide, File Storage, "Special Files and Folders" and
// "Shared Private Files", for the document and its keys; the attribute and ACL
// commands of the later Guide for the ACL. Both leave much unsaid; where a
// comment reads "our choice", no source rules.
package meta
