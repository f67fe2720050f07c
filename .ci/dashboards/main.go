// Reads Grafana dashboards by the types of Grafana's own SDK. A field that Grafana does not know,
// or a value that it does not take, is an error.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	plugins.RegisterDefaultPlugins()
	bad := 0
	for _, file := range os.Args[1:] {
		if err := check(file); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			bad++
		}
	}
	if bad > 0 {
		os.Exit(1)
	}
	fmt.Printf("%d dashboards\n", len(os.Args)-1)
}

func check(file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var board dashboard.Dashboard
	if err := board.UnmarshalJSONStrict(raw); wrong(err) {
		return err
	}
	if err := board.Validate(); wrong(err) {
		return err
	}
	return nil
}

// The SDK's list of errors is an error also where it is empty.
func wrong(err error) bool {
	return err != nil && err.Error() != ""
}
