package filestore

// Remembered returns how many sidecars are kept in memory.
func Remembered(m *Memory) int { return m.known.Len() }

// Guessers returns how many clients are kept in mind for wrong keys, at how
// many accounts they guess, and how many they have opened.
func Guessers(m *Memory) (clients, accounts, welcome int) {
	for _, g := range []*guessers{&m.guessers, &m.unverifiedGuessers} {
		clients += g.clients.kept.Len()
		accounts += g.accounts.kept.Len()
		welcome += g.welcome.kept.Len()
	}
	return clients, accounts, welcome
}
