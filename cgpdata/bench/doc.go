// Package bench holds nothing but benchmarks of cgpdata beside other codecs. It is a
// module of its own, so that those never reach the requirements of the suite.
package bench
