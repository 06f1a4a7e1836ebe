package recorder

// Waiting returns how many records wait until another one is written.
func (r *Recorder) Waiting() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.logs {
		n += len(l.waiting)
	}
	return n
}

// Logs returns how many logs the Recorder holds in memory.
func (r *Recorder) Logs() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.logs)
}
