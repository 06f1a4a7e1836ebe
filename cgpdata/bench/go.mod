module github.com/cgpkit/cgpkit/cgpdata/bench

go 1.26.5

replace github.com/cgpkit/cgpkit => ../..

require (
	github.com/cgpkit/cgpkit v0.0.0-00010101000000-000000000000
	github.com/go-json-experiment/json v1.27.2
	github.com/goccy/go-json v0.12.0
	github.com/stretchr/testify v1.12.1
	github.com/tailscale/hujson v0.0.0-20260727124030-b80ff77dac4f
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
