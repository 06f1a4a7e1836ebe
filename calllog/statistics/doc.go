// Package statistics counts the calls of call logs: by day, direction, peer, error
// code and program.
//
//	var c statistics.Collector
//	for _, name := range []string{"calls-2009-Feb", "calls-2009-Mar"} {
//		log, err := os.Open(name)
//		...
//		year, month, _ := calllog.ParseFileName(name)
//		err = c.AddAll(calllog.Read(log, &calllog.Options{Year: year, Month: month}), nil)
//		...
//	}
//	report := c.Report()
//	err := report.WriteCSV(os.Stdout) // or json.Marshal(report)
//
// Memory is bounded, see [Collector].
package statistics
