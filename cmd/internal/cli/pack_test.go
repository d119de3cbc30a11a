package cli

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"io"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// pack is the testscript command pack ARCHIVE FILE..., which makes a zip or a
// tar archive by the ending of its name.
func pack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: pack ARCHIVE FILE...")
	}
	var b bytes.Buffer
	zipped, tarred := zip.NewWriter(&b), tar.NewWriter(&b)
	for _, name := range args[1:] {
		text := ts.ReadFile(name)
		var w io.Writer = tarred
		var err error
		if strings.HasSuffix(args[0], ".zip") {
			w, err = zipped.Create(name)
		} else {
			err = tarred.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))})
		}
		ts.Check(err)
		_, err = io.WriteString(w, text)
		ts.Check(err)
	}
	if strings.HasSuffix(args[0], ".zip") {
		ts.Check(zipped.Close())
	} else {
		ts.Check(tarred.Close())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}
