// Checks objects of the Prometheus operator strictly, by the operator's own types: custom-resources FILE…
// Each file is one object, as YAML or JSON.
package main

import (
	"fmt"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	status := 0
	for _, file := range os.Args[1:] {
		if err := check(file); err != nil {
			fmt.Printf("%s: %v\n", file, err)
			status = 1
		}
	}
	os.Exit(status)
}

func check(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var object struct {
		Kind string `json:"kind"`
	}
	if err := yaml.Unmarshal(content, &object); err != nil {
		return err
	}
	switch object.Kind {
	case "ServiceMonitor":
		return yaml.UnmarshalStrict(content, &monitoring.ServiceMonitor{})
	case "PrometheusRule":
		return yaml.UnmarshalStrict(content, &monitoring.PrometheusRule{})
	default:
		return fmt.Errorf("%s is no kind of the Prometheus operator that the chart has", object.Kind)
	}
}
