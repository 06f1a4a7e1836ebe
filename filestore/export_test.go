package filestore

import "context"

// Remembered returns how many sidecars are kept in memory.
func (v *Views) Remembered() int { return v.memory.known.Len() }

// Guessers returns how many clients are kept in mind for wrong keys, at how
// many accounts they guess, and how many they have opened.
func (v *Views) Guessers() (clients, accounts, welcome int) {
	for _, g := range []*guessers{&v.memory.guessers, &v.memory.unverifiedGuessers} {
		clients += g.clients.kept.Len()
		accounts += g.accounts.kept.Len()
		welcome += g.welcome.kept.Len()
	}
	return clients, accounts, welcome
}

// Watch begins and ends an operation that does nothing.
func (v *View) Watch(ctx context.Context) (err error) {
	defer v.begin(ctx, "Stat", Root, "").end(&err)
	return nil
}
