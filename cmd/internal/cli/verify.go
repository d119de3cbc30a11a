package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type verifyOptions struct {
	Case       caseOptions
	Quick      bool
	Head       *ledger.Head
	Key        string
	Evidence   []string
	Digests    []string // paths with digests of CloudTrail
	NoRecord   bool
	Proof      string // event
	CheckProof string // file
	Limit      int
	Output     outputOptions
}

const verifyLong = `verify checks that nothing in the case was altered, removed or added, and names the file,
the place and what is wrong with it. It checks the ledger with its signatures, every file
that the ledger names, that the records are those of the evidence without gap or overlap,
that each event leads to its record, and that the rows of the derived database are those
that were derived. It changes nothing, but for one entry about --cloudtrail-digests.
--quick checks the ledger and the hashes of the files, and does not look into them.

A case alone cannot prove everything, and verify says what is open. Give it what you know
from elsewhere: --head is a head that you noted outside the case (every writing command
prints it) and excludes that anything up to there was cut off or exchanged; --key is the
examiner's public key (exhibit key show); --evidence names originals, files or folders,
from which the records are derived again and compared.

--cloudtrail-digests PATH also checks what CloudTrail signed about its log files, against
a copy of the bucket and the evidence of the case. It reads, below PATH and by content:
  digest files and logs      as aws s3 sync copies them, or decompressed
  metadata of the digests    aws s3api head-object saved beside NAME as NAME.metadata.json
                             or NAME.head.json; or JSON anywhere, an array or lines, that
                             has Key (and Bucket) beside Metadata
  public keys                saved output of aws cloudtrail list-public-keys, of every
                             region and for the time of the digests
Each digest is proven by a signature (of its metadata, or the one that the next digest
carries), by a signed chain (the next digest names its hash and is proven itself), by the
chain alone, which is the weaker check, or by nothing. Altered, missing and moved digests,
altered metadata and altered, missing or appended logs are problems; gaps, weaker proofs and
logs that no digest names are warnings. The hashes are over the decompressed bytes of all
gzip members. The result becomes an entry of the ledger, with every single result as a file
of the case; --no-record leaves that out. Where there is no case, PATH alone is checked.

--proof EVENT writes a proof that the record of an event stood at its place in the
evidence when it was loaded. It holds the record itself. verify --check-proof FILE checks
such a proof on any machine, without the case.

`

func newVerify(f *factory) *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify [--evidence PATH...]",
		Short: "Check that nothing was altered",
		Long:  verifyLong + exitStatus(exitVerify),
		Example: `  # Everything, against a head that was noted before
  $ exhibit verify --head 2:6d0450fc4c7a6a7adde0684fdbdb661c5027b738d40ff6dd03a8b4f93a101afb

  # Against the originals
  $ exhibit verify --evidence AWSLogs/

  # Against what AWS signed, from a copied bucket and saved keys
  $ exhibit verify --cloudtrail-digests AWSLogs --cloudtrail-digests keys.json

  # One record for somebody who does not get the case, and what they do with it
  $ exhibit verify --proof 1f3a5c7e-12 -o record.proof
  $ exhibit verify --check-proof record.proof`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeNothingWithout("evidence"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && len(o.Evidence) == 0 {
				return noArgs(cmd, args)
			}
			o.Evidence = append(o.Evidence, args...) // what the shell made of a pattern
			if err := o.check(cmd); err != nil {
				return err
			}
			return runVerify(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	flags := cmd.Flags()
	flags.BoolVar(&o.Quick, "quick", false, "only the ledger and the hashes of the files")
	flags.Var(headValue{&o.Head}, "head", "head of the ledger that was noted earlier")
	flags.Var(verifierValue{&o.Key}, "key", "public key of the examiner, as exhibit key show prints it")
	flags.StringArrayVar(&o.Evidence, "evidence", nil, "originals to compare with, files or folders (`PATH`); repeatable")
	flags.StringArrayVar(&o.Digests, "cloudtrail-digests", nil, "check CloudTrail's digest files below `PATH`; repeatable")
	flags.BoolVar(&o.NoRecord, "no-record", false, "only print: nothing is kept in the case")
	flags.StringVar(&o.Proof, "proof", "", "write a proof of the record of this event (`EVENT`)")
	flags.StringVar(&o.CheckProof, "check-proof", "", "check the proof in this `FILE`; needs no case")
	addLimitFlag(cmd, &o.Limit, 100)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	_ = cmd.RegisterFlagCompletionFunc("proof", completeEvents(f)) // defined above
	return cmd
}

// completeNothingWithout completes files as arguments when the flag was given,
// because they are more values of it.
func completeNothingWithout(flag string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		if cmd.Flags().Changed(flag) {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// check refuses flags that do not go together.
func (o *verifyOptions) check(cmd *cobra.Command) error {
	alone := ""
	switch {
	case o.Proof != "":
		alone = "proof"
	case o.CheckProof != "":
		alone = "check-proof"
	case o.NoRecord && len(o.Digests) == 0:
		return usagef("--no-record is for --cloudtrail-digests")
	default:
		return nil
	}
	for _, other := range []string{"quick", "head", "key", "evidence", "cloudtrail-digests", "no-record", "proof", "check-proof", "format", "limit"} {
		fits := other == alone || alone == "check-proof" && (other == "key" || other == "format")
		if cmd.Flags().Changed(other) && !fits {
			return usagef("--%s and --%s do not go together", alone, other)
		}
	}
	return nil
}

func runVerify(ctx context.Context, f *factory, o verifyOptions) error {
	if o.CheckProof != "" {
		return f.checkProof(o)
	}
	dir, err := f.verifyCasePath(&o)
	if err != nil {
		return err
	}
	if o.Proof != "" {
		return f.writeProof(ctx, dir, o)
	}
	var v verified
	config := render.Config{Case: dir, Params: verifyParams(&o)}
	err = f.emit(o.Output, config, func(r *render.Renderer) error {
		if dir != "" {
			if v.report, err = f.verify(ctx, dir, o); err != nil {
				return err
			}
		}
		if len(o.Digests) > 0 {
			if err := f.verifyDigests(ctx, dir, &o, &v); err != nil {
				return err
			}
		}
		return writeVerify(r, &o, &v)
	})
	if err != nil {
		return err
	}
	return v.verdict()
}

// verify runs the verification with progress on stderr, and says how fast it
// was.
func (f *factory) verify(ctx context.Context, dir string, o verifyOptions) (*casefile.VerifyReport, error) {
	progress := new(casefile.Progress)
	p := f.startProgress("verifying", func() (done, total int64) {
		return progress.Done.Load(), progress.Total.Load()
	})
	report, err := casefile.Verify(ctx, dir, casefile.VerifyOptions{
		Quick: o.Quick, Head: o.Head, TrustedKey: o.Key, Evidence: o.Evidence,
		Threads: o.Case.Resources.Threads, Memory: o.Case.Resources.Memory, Progress: progress,
	})
	p.Stop()
	if err != nil {
		return nil, err
	}
	what, size := "evidence", report.Bytes
	if o.Quick {
		what, size = "files", report.FileBytes
	}
	if seconds := report.Took.Seconds(); seconds > 0 && size > 0 {
		f.note(fmt.Sprintf("checked %s of %s in %.1f s (%s/s)", render.Size(size), what, seconds, render.Size(int64(float64(size)/seconds))))
	}
	return report, nil
}

func verifyParams(o *verifyOptions) map[string]any {
	params := map[string]any{"quick": o.Quick}
	if o.Head != nil {
		params["head"] = o.Head.String()
	}
	if o.Key != "" {
		params["key"] = o.Key
	}
	if len(o.Evidence) > 0 {
		params["evidence"] = o.Evidence
	}
	if len(o.Digests) > 0 {
		params["cloudtrail_digests"] = o.Digests
	}
	return params
}

// writeProof writes a proof of the record of an event.
func (f *factory) writeProof(ctx context.Context, dir string, o verifyOptions) error {
	out, err := f.openOutput(o.Output)
	if err != nil {
		return err
	}
	defer out.discard()
	data, err := casefile.ProveEvent(ctx, dir, o.Proof)
	if err != nil {
		return &HintError{Err: err, Hints: []string{"exhibit events lists events with their ids"}}
	}
	if _, err := out.Write(data); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	if err := out.commit(); err != nil {
		return err
	}
	if !o.Output.toStdout() {
		f.note("the proof holds the record itself; exhibit verify --check-proof " + shellWord(o.Output.File) + " checks it without the case")
	}
	return nil
}

// headValue is a head of a ledger.
type headValue struct{ head **ledger.Head }

func (v headValue) Type() string { return "SIZE:ROOT" }

func (v headValue) String() string {
	if v.head == nil || *v.head == nil {
		return ""
	}
	return (*v.head).String()
}

func (v headValue) Set(s string) error {
	head, err := ledger.ParseHead(s)
	if err != nil {
		return err
	}
	*v.head = &head
	return nil
}

// verifierValue is a public key.
type verifierValue struct{ key *string }

func (v verifierValue) Type() string { return "KEY" }

func (v verifierValue) String() string {
	if v.key == nil {
		return ""
	}
	return *v.key
}

func (v verifierValue) Set(s string) error {
	if err := ledger.CheckVerifier(s); err != nil {
		return err
	}
	*v.key = s
	return nil
}

// checkProof checks a proof without its case.
func (f *factory) checkProof(o verifyOptions) error {
	data, err := readProof(o.CheckProof)
	if err != nil {
		return err
	}
	proof, wrong := casefile.CheckProof(data, o.Key)
	config := render.Config{Params: map[string]any{"proof": o.CheckProof}}
	if o.Key != "" {
		config.Params["key"] = o.Key
	}
	err = f.emit(o.Output, config, func(r *render.Renderer) error {
		if wrong != nil {
			return writeFaults(r, &o, "problems", "What is wrong", []casefile.Fault{{Path: o.CheckProof, What: wrong.Error()}})
		}
		return writeProofReport(r, &o, proof)
	})
	if err == nil && wrong != nil {
		err = &VerifyError{Problems: 1}
	}
	return err
}

// readProof reads the file of a proof.
func readProof(name string) ([]byte, error) {
	data, err := readParameter("proof", name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &HintError{Err: err, Hints: []string{"exhibit verify --proof EVENT -o FILE writes a proof"}}
	}
	return data, err
}

// entryTime is the time of a ledger entry, as text shows it.
func entryTime(e ledger.Entry) any {
	t, err := time.Parse(time.RFC3339Nano, e.Time)
	if err != nil {
		return e.Time
	}
	return t
}
