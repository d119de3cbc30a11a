// Command gen writes the files of package demo again, in the current folder.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/exhibit-forensics/exhibit/testdata/demo/incident"
)

func main() {
	err := os.RemoveAll("logs")
	if err == nil {
		err = incident.Write(context.Background(), ".")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1) //nolint:forbidigo // this is a main of its own
	}
}
