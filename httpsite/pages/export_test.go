package pages

// AssetBytes is what all that pages load takes on its way.
func AssetBytes() (n int) {
	for _, a := range assets() {
		n += len(a.gzip)
	}
	return n
}
