// Command train makes the weights of the classifiers of package content again,
// from the texts in ../shared/data, and says how well they do on texts that they
// did not see. The same texts give the same weights. Run it from the root of the
// repository:
//
//	go run ./analyze/content/train
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/exhibit-forensics/exhibit/analyze/content/classify"
	"github.com/exhibit-forensics/exhibit/analyze/content/corpora"
)

func main() {
	data := flag.String("data", filepath.FromSlash("../shared/data"), "the folder of the texts to learn from")
	out := flag.String("out", filepath.FromSlash("analyze/content/weights"), "the folder for the weights")
	flag.Parse()
	if err := run(os.Stdout, *data, *out); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1) //nolint:forbidigo // a program of its own: only main ends the process
	}
}

func run(w io.Writer, data, out string) error {
	for _, class := range []struct {
		name    string
		samples func(string) ([]corpora.Sample, error)
		options classify.Options
	}{
		{"refusal", corpora.RefusalSamples, corpora.RefusalOptions()},
		{"suffix", corpora.SuffixSamples, corpora.SuffixOptions()},
	} {
		samples, err := class.samples(data)
		if err != nil {
			return err
		}
		file := corpora.Learn(samples, class.options).Append(nil)
		path := filepath.Join(out, class.name+".bin")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			return fmt.Errorf("writing the weights: %w", err)
		}
		if _, err := fmt.Fprintf(w, "%s: %d examples, %d bytes\n%s", path, len(samples), len(file), corpora.HeldOut(samples, class.options)); err != nil {
			return errors.Join(err)
		}
	}
	return nil
}
