package cassette

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/replay"
)

// ErrInUse is returned where another process appends to a cassette.
var ErrInUse = errors.New("another process is writing to it")

// Writer appends what happens to a cassette. It is safe for concurrent use, and
// reads what is in the cassette already. One goroutine writes, so that memory is
// bounded by the lines that wait for it.
type Writer struct {
	tape
	file *os.File
	jobs chan job
	done chan struct{}

	close sync.Once
	mu    sync.Mutex
	err   error // of the first line that could not be written
}

// job is a line on its way into the file.
type job struct {
	data   []byte        // with its newline
	synced chan struct{} // closed when the line is on the disk; nil where nobody waits
}

// queue is how many lines may wait to be written: 6 MB of them at most, were
// all of them chunks.
const queue = 64

// Append opens a cassette to carry out its plan, or to go on with it, and notes
// that a run begins. A torn last line is cut off, and the note says so. Tool
// names the program. The error is ErrInUse where another process has it open.
func Append(path, tool string, now time.Time) (*Writer, error) {
	w, err := appendTo(path, tool, now)
	if err != nil {
		return nil, fmt.Errorf("opening the cassette %s: %w", path, err)
	}
	return w, nil
}

func appendTo(path, tool string, now time.Time) (w *Writer, err error) {
	if info, err := os.Lstat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if held, err := ledger.LockFile(f); err != nil {
		return nil, fmt.Errorf("locking it: %w", err)
	} else if held {
		return nil, ErrInUse
	}
	if err := stillThere(path, f); err != nil {
		return nil, err
	}
	x, torn, err := scan(f)
	if err != nil {
		return nil, err
	}
	if torn != nil {
		if err := f.Truncate(x.size); err != nil {
			return nil, fmt.Errorf("cutting off a torn line: %w", err)
		}
	}
	if _, err := f.Seek(x.size, io.SeekStart); err != nil {
		return nil, err
	}
	w = &Writer{tape: tape{f, x}, file: f, jobs: make(chan job, queue), done: make(chan struct{})}
	go w.write()
	return w, w.begin(&runLine{At: formatTime(now), Tool: valid(tool), Torn: torn})
}

// stillThere makes sure that the file that is locked is the one of that name: a
// case removes a cassette from staging when it has recorded it.
func stillThere(path string, f *os.File) error {
	named, err := os.Stat(path)
	if err != nil {
		return err
	}
	own, err := f.Stat()
	if err == nil && !os.SameFile(named, own) {
		err = ErrInUse
	}
	return err
}

// begin writes the line of a run.
func (w *Writer) begin(r *runLine) error {
	data, err := encode(&line{Run: r})
	if err == nil {
		err = w.put(data, true)
	}
	if err != nil {
		return errors.Join(err, w.stop())
	}
	return nil
}

// write is the goroutine that writes. What waits is written at once, and made
// durable where somebody waits for that.
func (w *Writer) write() {
	defer close(w.done)
	out := bufio.NewWriterSize(w.file, 256<<10)
	for first := range w.jobs {
		waiting := w.one(out, first, nil)
	more:
		for range queue {
			select {
			case j, ok := <-w.jobs:
				if !ok {
					break more
				}
				waiting = w.one(out, j, waiting)
			default:
				break more
			}
		}
		w.fail(out.Flush())
		if len(waiting) > 0 {
			w.fail(w.file.Sync())
		}
		for _, c := range waiting {
			close(c)
		}
	}
}

// one writes a line, and returns who waits.
func (w *Writer) one(out io.Writer, j job, waiting []chan struct{}) []chan struct{} {
	if w.failed() == nil {
		// What a reader would refuse is not written.
		err := w.index.take(bytes.TrimSuffix(j.data, []byte{'\n'}))
		if err == nil {
			_, err = out.Write(j.data)
		}
		w.fail(err)
	}
	if j.synced != nil {
		waiting = append(waiting, j.synced)
	}
	return waiting
}

func (w *Writer) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && err != nil {
		w.err = fmt.Errorf("writing the cassette: %w", err)
	}
}

func (w *Writer) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// put hands a line to the goroutine that writes, and waits until it is on the
// disk if wanted.
func (w *Writer) put(data []byte, wait bool) error {
	if err := w.failed(); err != nil {
		return err
	}
	j := job{data: data}
	if wait {
		j.synced = make(chan struct{})
	}
	w.jobs <- j
	if wait {
		<-j.synced
	}
	return w.failed()
}

// Add puts a further request into a plan that grows, once the last one has a final
// end. When it returns, all of the request is on the disk.
func (w *Writer) Add(o *replay.Outgoing) error {
	var last []byte
	err := writeRequest(int64(len(w.IDs()))+1, o, func(data []byte) error {
		ready := last
		last = bytes.Clone(data) // the buffer is used again
		if ready == nil {
			return nil
		}
		return w.put(ready, false)
	})
	if err != nil {
		return fmt.Errorf("writing request %.80q: %w", o.ID, err)
	}
	return w.put(last, true)
}

// Done notes that nothing is added to a plan that grows any more, and why; "" where
// it came to its end. The last request must have a final end.
func (w *Writer) Done(why string) error {
	data, err := encode(&line{Done: &doneLine{Why: valid(why)}})
	if err != nil {
		return err
	}
	return w.put(data, true)
}

// Recording is one attempt to exchange a request, on its way into a cassette. It
// is for one goroutine.
type Recording struct {
	w          *Writer
	n, attempt int64
	bytes      int64
}

// Begin notes that the next attempt to send a request begins.
func (w *Writer) Begin(id string, at time.Time) (*Recording, error) {
	place, e, ok := w.index.find(id)
	if !ok {
		return nil, fmt.Errorf("writing the cassette: its plan has no request %.80q", id)
	}
	r := &Recording{w: w, n: int64(place) + 1, attempt: e.attempts + 1}
	data, err := encode(&line{Sent: &sentLine{N: r.n, Attempt: r.attempt, At: formatTime(at)}})
	if err == nil {
		err = w.put(data, false)
	}
	return r, err
}

// Chunk notes bytes of the reply.
func (r *Recording) Chunk(c replay.Chunk) error {
	p := piece{chunk: true, after: max(0, c.After.Microseconds()), attempt: r.attempt, n: r.n}
	for rest := c.Data; len(rest) > 0; {
		k := min(len(rest), maxPiece)
		p.data, rest = rest[:k], rest[k:]
		if err := r.w.put(p.append(make([]byte, 0, k*4/3+128)), false); err != nil {
			return err
		}
		r.bytes += int64(k)
	}
	return nil
}

// End notes how the attempt ended: of x it takes what no plan and no chunk says.
// When it returns, all of the attempt is on the disk.
func (r *Recording) End(x *replay.Exchange) error {
	data, err := encode(&line{End: &endLine{
		N: r.n, Attempt: r.attempt, Address: valid(x.Address), Started: formatTime(x.Started),
		RequestHeader: headerLines(x.RequestHeader), Status: int64(x.Status), ResponseHeader: headerLines(x.ResponseHeader),
		Bytes: r.bytes, End: string(x.End), Problem: valid(x.Problem),
	}})
	if err != nil {
		return err
	}
	return r.w.put(data, true)
}

// Close makes the cassette durable and closes it. Nothing is written after it;
// no recording may be under way. The error is that of the first line that could
// not be written, if there is one.
func (w *Writer) Close() error {
	var err error
	w.close.Do(func() { err = w.stop() })
	return err
}

func (w *Writer) stop() error {
	close(w.jobs)
	<-w.done
	return errors.Join(w.failed(), w.file.Sync(), w.file.Close())
}

// SHA256 returns the hash in hex of what was written; after Close it is that of
// the file.
func (w *Writer) SHA256() string {
	w.index.mu.Lock()
	defer w.index.mu.Unlock()
	return hex.EncodeToString(w.index.sum.Sum(nil))
}
