package edit

// SetLong sets the size from which on d has an index.
func (d *Document) SetLong(n int) { d.long = n }

// HasIndex reports whether d has an index.
func (d *Document) HasIndex() bool { return d.index != nil }

// BytesRead returns how many bytes have been read for the edits of d.
func (d *Document) BytesRead() int { return d.read }
