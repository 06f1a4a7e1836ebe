package dirstore

// OpenRooted is Open as it is where there is no openat2.
func OpenRooted(root string, o *Options) (*Store, error) { return openWith(root, o, openRoot) }
