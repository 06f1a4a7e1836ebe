package pages

// list returns all pages, in the order of the navigation.
func list() []page {
	return []page{
		{name: "", title: "files.title", icon: "folder", get: getFiles, post: postFiles},
		{name: "signin", open: true, get: getSignIn, post: postSignIn},
	}
}
