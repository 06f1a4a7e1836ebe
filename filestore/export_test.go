package filestore

// Remembered returns how many sidecars are kept in memory.
func Remembered(m *Memory) int { return len(m.young) + len(m.old) }

// Guessers returns how many clients are kept in mind for wrong keys, at how
// many accounts they guess, and how many they have opened.
func Guessers(m *Memory) (clients, accounts, welcome int) {
	for _, g := range []*guessers{&m.guessers, &m.unverifiedGuessers} {
		clients += len(g.clients.young) + len(g.clients.old)
		accounts += len(g.accounts.young) + len(g.accounts.old)
		welcome += len(g.welcome.young) + len(g.welcome.old)
	}
	return clients, accounts, welcome
}
