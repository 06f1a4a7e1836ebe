package filestore

// Remembered returns how many sidecars are kept in memory.
func Remembered(m *Memory) int { return len(m.young) + len(m.old) }

// Guessers returns how many clients are kept in mind for wrong keys.
func Guessers(m *Memory) int { return len(m.guessers) + len(m.oldGuessers) }
