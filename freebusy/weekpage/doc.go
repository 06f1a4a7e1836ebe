// Package weekpage draws a week of free/busy information as a web page: the page
// freebusy.wssp of an account.
//
//	site := &httpsite.Handler{Views: views, FreeBusyPage: weekpage.Page{}.Write}
//
// [Write] draws any [freebusy.Schedule].
//
// Source: CommuniGate Pro Guide, File Storage, "Virtual Files and Folders"; how the
// page looks is our choice.
package weekpage
