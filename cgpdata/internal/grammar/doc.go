// Package grammar has the grammar of the dictionary format, once: the classes of bytes, the
// lexer of strings, spaces and leaves, the automaton of arrays and dictionaries, the faults
// that may be tolerated, and the spelling of what is written. It knows no values: package
// cgpdata makes them, stream makes tokens, and edit finds places.
//
// Two short ways stand beside the automaton, [Parser.Next] and [Parser.Valid], because
// they were measured to take half the time; fuzz targets prove that they agree with it.
package grammar
