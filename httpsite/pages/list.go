package pages

// list returns all pages, in the order of the navigation.
func list() []page {
	return []page{
		{name: "", title: "files.title", icon: "folder", get: getFiles, post: postFiles},
		{name: "edit", get: getEdit, post: postEdit},
		{name: "zip", get: getZip},
		{name: "signin", open: true, get: getSignIn, post: postSignIn},
	}
}
