package pages

// list returns all pages, in the order of the navigation.
func list() []page {
	return []page{
		{name: "", title: "files.title", icon: "folder", get: getFiles, post: postFiles},
		{name: "edit", get: getEdit, post: postEdit},
		{name: "zip", get: getZip},
		{name: "share", get: getShare, post: postShare},
		{name: "shares", title: "shares.title", icon: "share", get: getShares},
		{name: "attributes", get: getAttributes, post: postAttributes},
		{name: "calls", title: "calls.title", icon: "phone", get: getCalls},
		{name: "accounts", title: "accounts.title", icon: "people", shown: isAdministrator, get: getAccounts, post: postAccounts},
		{name: "sharing", get: getSharing},
		{name: "signin", open: true, get: getSignIn, post: postSignIn},
	}
}
