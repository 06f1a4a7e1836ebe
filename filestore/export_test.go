package filestore

// Remembered returns how many sidecars are kept in memory.
func Remembered(m *Memory) int { return len(m.young) + len(m.old) }

// Guessers returns how many clients are kept in mind for wrong keys, and at how
// many accounts they guess.
func Guessers(m *Memory) (clients, accounts int) {
	for _, g := range []*guessers{&m.guessers, &m.unverifiedGuessers} {
		clients += len(g.clients.young) + len(g.clients.old)
		accounts += len(g.accounts.young) + len(g.accounts.old)
	}
	return clients, accounts
}
