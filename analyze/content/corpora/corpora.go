// Package corpora reads the texts with labels that the classifiers of package
// content learn from and are measured on. They are not part of the repository;
// data/README.md beside them says whose they are. Only the trainer and tests
// use it.
package corpora

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFile bounds what is read of one file.
const maxFile = 64 << 20

// Reply is a reply of XSTest (Röttger et al., NAACL 2024, CC-BY-4.0) to a
// question, and what two annotators and a third in doubt made of it.
type Reply struct {
	Model, Prompt, Text string
	Refusal             bool // full or partial
}

// Replies reads the replies of XSTest, by model in the order of the files.
func Replies(root string) ([]Reply, error) {
	var replies []Reply
	for _, model := range []string{"mistralinstruct", "mistralguard"} {
		rows, err := readCSV(filepath.Join(root, "xstest", "xstest_v2_completions_"+model+".csv"), "prompt", "completion", "final_label")
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			replies = append(replies, Reply{model, row[0], row[1], !strings.HasPrefix(row[2], "1_")})
		}
	}
	return replies, nil
}

// Questions reads the questions of XSTest: those that are safe to answer, and
// those that are not. None tries to get round a refusal.
func Questions(root string) (safe, unsafe []string, err error) {
	rows, err := readCSV(filepath.Join(root, "xstest", "xstest_prompts.csv"), "prompt", "label")
	for _, row := range rows {
		if row[1] == "safe" {
			safe = append(safe, row[0])
		} else {
			unsafe = append(unsafe, row[0])
		}
	}
	return safe, unsafe, err
}

// Attempt is an attempt of JailbreakBench (Chao et al., NeurIPS 2024, MIT) to
// make a model do what it should not.
type Attempt struct {
	Method, Setting, Model string // as the folders name them, such as GCG, white_box
	Goal, Prompt, Reply    string
	Jailbroken             bool
}

// Attempts reads the attempts that have a prompt, in the order of the files.
func Attempts(root string) ([]Attempt, error) {
	paths, err := filepath.Glob(filepath.Join(root, "jailbreakbench", "*", "*", "*.json.gz"))
	if err != nil {
		return nil, fmt.Errorf("listing attempts: %w", err)
	}
	slices.Sort(paths)
	var attempts []Attempt
	for _, path := range paths {
		var file struct {
			Jailbreaks []struct {
				Goal, Prompt, Response string
				Jailbroken             bool
			}
		}
		if err := readJSON(path, &file); err != nil {
			return nil, err
		}
		setting := filepath.Dir(path)
		for _, j := range file.Jailbreaks {
			if j.Prompt != "" {
				attempts = append(attempts, Attempt{
					filepath.Base(filepath.Dir(setting)), filepath.Base(setting), strings.TrimSuffix(filepath.Base(path), ".json.gz"),
					j.Goal, j.Prompt, j.Response, j.Jailbroken,
				})
			}
		}
	}
	if len(attempts) == 0 {
		return nil, fmt.Errorf("listing attempts: %w", os.ErrNotExist)
	}
	return attempts, nil
}

// Mails reads the benign e-mails of LLMail-Inject (Abdelnabi et al., 2025, MIT).
func Mails(root string) ([]string, error) {
	var mails []string
	for _, name := range []string{"fp_tests", "level1", "level2", "level3", "level4"} {
		var file struct{ Emails []string }
		if err := readJSON(filepath.Join(root, "llmail_benign", name+".json"), &file); err != nil {
			return nil, err
		}
		mails = append(mails, file.Emails...)
	}
	return mails, nil
}

// Contexts reads the e-mails of BIPIA (Yi et al., KDD 2025, MIT), each once.
func Contexts(root string) ([]string, error) {
	path := filepath.Join(root, "bipia", "email_train.jsonl")
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	var contexts []string
	for line := range strings.Lines(string(data)) {
		var row struct{ Context string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		if !slices.Contains(contexts, row.Context) {
			contexts = append(contexts, row.Context)
		}
	}
	return contexts, nil
}

// Planted is a text of BIPIA that is put into a document for the model to obey.
type Planted struct{ Goal, Text string }

// Plants reads the texts of BIPIA, by goal.
func Plants(root string) (texts, codes []Planted, err error) {
	for i, name := range []string{"text", "code"} {
		var file map[string][]string
		if err := readJSON(filepath.Join(root, "bipia", name+"_attack_train.json"), &file); err != nil {
			return nil, nil, err
		}
		var goals []string
		for goal := range file {
			goals = append(goals, goal)
		}
		slices.Sort(goals)
		for _, goal := range goals {
			for _, text := range file[goal] {
				if i == 0 {
					texts = append(texts, Planted{goal, text})
				} else {
					codes = append(codes, Planted{goal, text})
				}
			}
		}
	}
	return texts, codes, nil
}

// A long file is many texts: pieces of pieceSize bytes, pieceStep apart, of its
// beginning.
const (
	pieceSize, pieceStep = 400, 1500
	piecesOf             = 128
)

// pieces reads pieces of files; those of one file are one group.
func pieces(root, pattern string) ([]plain, error) {
	paths, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", pattern, err)
	}
	slices.Sort(paths)
	var texts []plain
	for _, path := range paths {
		data, err := read(path)
		if err != nil {
			return nil, err
		}
		for i := 0; i < len(data) && i < piecesOf*pieceStep; i += pieceStep {
			texts = append(texts, plain{string(data[i:min(len(data), i+pieceSize)]), filepath.Base(path)})
		}
	}
	return texts, nil
}

func readCSV(path string, columns ...string) ([][]string, error) {
	f, err := os.Open(path) //nolint:gosec // a path of the caller
	if err != nil {
		return nil, fmt.Errorf("reading texts: %w", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(io.LimitReader(f, maxFile)).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("reading %s: %w", path, orEmpty(err))
	}
	var places []int
	for _, column := range columns {
		at := slices.Index(rows[0], column)
		if at < 0 {
			return nil, fmt.Errorf("reading %s: no column %s", path, column)
		}
		places = append(places, at)
	}
	var found [][]string
	for _, row := range rows[1:] {
		var cells []string
		for _, at := range places {
			cells = append(cells, row[at])
		}
		found = append(found, cells)
	}
	return found, nil
}

// orEmpty says that a file that was read and has no rows is empty.
func orEmpty(err error) error {
	if err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}

func readJSON(path string, into any) error {
	data, err := read(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return nil
}

// read reads a file, unpacked.
func read(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // a path of the caller
	if err != nil {
		return nil, fmt.Errorf("reading texts: %w", err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		packed, err := gzip.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", path, err)
		}
		r = packed
	}
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errors.New("the file is too large")
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return data, nil
}
