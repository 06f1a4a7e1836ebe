module github.com/cgpkit/cgpkit/cgpdata/bench

go 1.26.5

replace github.com/cgpkit/cgpkit => ../..

require (
	github.com/cgpkit/cgpkit v0.0.0-00010101000000-000000000000
	github.com/goccy/go-json v0.12.0
	github.com/stretchr/testify v1.12.1
	howett.net/plist v1.0.1
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
