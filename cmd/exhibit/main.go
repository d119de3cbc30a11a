// Command exhibit finds out what happened around an AI model from its access
// logs. See the README, or exhibit help.
package main

import (
	"os"

	"github.com/exhibit-forensics/exhibit/cmd/internal/cli"
)

func main() {
	os.Exit(cli.Main())
}
