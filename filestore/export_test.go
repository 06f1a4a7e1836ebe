package filestore

// Remembered returns how many sidecars are kept in memory.
func Remembered(m *Memory) int { return len(m.young) + len(m.old) }
