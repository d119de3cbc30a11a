package clouddigest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// source is a file to read, below an open folder: it cannot be left through
// links.
type source struct {
	root *os.Root
	name string // below the root, with slashes
	path string // as it is shown
	size int64
}

// read walks the paths, reads every file, and keeps what it holds.
func (v *validation) read(ctx context.Context) (err error) {
	var (
		list  []source
		roots []*os.Root
	)
	defer func() {
		for _, r := range roots {
			err = errors.Join(err, r.Close())
		}
	}()
	for _, p := range v.o.Paths {
		info, err := os.Stat(p)
		if err != nil {
			return err
		}
		folder, name := p, "."
		if !info.IsDir() {
			folder, name = filepath.Dir(p), filepath.Base(p)
		}
		root, err := os.OpenRoot(folder)
		if err != nil {
			return err
		}
		roots = append(roots, root)
		if list, err = v.walk(list, root, folder, name); err != nil {
			return err
		}
	}
	slices.SortStableFunc(list, func(a, b source) int { return strings.Compare(a.path, b.path) })
	list = slices.CompactFunc(list, func(a, b source) bool { return a.path == b.path })
	if v.o.Total != nil {
		for _, s := range list {
			v.o.Total.Add(s.size)
		}
	}
	return v.readAll(ctx, list)
}

// walk lists the regular files below name. Links and cases are left out, and
// said to be.
func (v *validation) walk(list []source, root *os.Root, folder, name string) ([]source, error) {
	err := fs.WalkDir(root.FS(), filepath.ToSlash(name), func(p string, e fs.DirEntry, err error) error {
		shown := ledger.EscapePath(path.Join(filepath.ToSlash(folder), p))
		switch {
		case err != nil && p == name:
			return err
		case err != nil:
			v.problem(KindUnreadable, shown, "", "%v", err)
			if e != nil && e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			if _, err := fs.Stat(root.FS(), path.Join(p, "ledger.jsonl")); err == nil && p != "." {
				v.warn(KindLeftOut, shown, "", "a case is no copy of a bucket; it was not looked into")
				return fs.SkipDir
			}
			return nil
		case !e.Type().IsRegular() && p != name:
			v.warn(KindLeftOut, shown, "", "links and other special files inside folders are not followed")
			return nil
		}
		info, err := fs.Stat(root.FS(), p)
		if err != nil || !info.Mode().IsRegular() {
			v.problem(KindUnreadable, shown, "", "it is no regular file, or went away")
			return nil
		}
		list = append(list, source{root, tail(shown, p), shown, info.Size()})
		return v.hold(len(shown) + 64)
	})
	return list, err
}

// tail returns s, in the memory of a text that ends with it: most names are held
// several times.
func tail(text, s string) string {
	if strings.HasSuffix(text, s) {
		return text[len(text)-len(s):]
	}
	return s
}

// readAll reads the files on several threads and keeps what they hold in the
// order of their paths.
func (v *validation) readAll(ctx context.Context, list []source) error {
	type job struct {
		s    source
		done chan found
	}
	ordered := make(chan job, 4*v.o.Threads)
	jobs := make(chan job)
	quit := make(chan struct{})
	var (
		workers sync.WaitGroup
		large   sync.Mutex
	)
	for range v.o.Threads {
		workers.Go(func() {
			r := newReader(ctx, &large)
			for j := range jobs {
				j.done <- r.read(j.s)
			}
		})
	}
	workers.Go(func() {
		defer close(ordered)
		defer close(jobs)
		for _, s := range list {
			j := job{s, make(chan found, 1)}
			select {
			case ordered <- j:
				jobs <- j
			case <-quit:
				return
			case <-ctx.Done():
				return
			}
		}
	})
	v.files = slices.Grow(v.files, len(list))
	var err error
	for j := range ordered {
		f := <-j.done
		if err == nil {
			if err = v.keep(f); err != nil {
				close(quit)
			}
		}
		if v.o.Done != nil {
			v.o.Done.Add(j.s.size)
		}
	}
	workers.Wait()
	return errors.Join(err, ctx.Err())
}

// keep takes over what a file holds.
func (v *validation) keep(f found) error {
	n := int32(len(v.files))
	size := 120 + len(f.path)
	switch {
	case f.digest != nil:
		f.digest.file, f.digest.object = n, tail(f.path, f.digest.object)
		v.digests = append(v.digests, f.digest)
		size += f.digest.size()
	case f.kind == kindBroken:
		v.broken = append(v.broken, n)
	}
	for i := range f.keys {
		f.keys[i].file = n
		size += 1 << 10
	}
	for i := range f.metadata {
		f.metadata[i].file = n
		size += 150 + len(f.metadata[i].key) + len(f.metadata[i].signature)
	}
	v.files, v.keys, v.metadata = append(v.files, f.file), append(v.keys, f.keys...), append(v.metadata, f.metadata...)
	if err := v.hold(size); err != nil {
		return err
	}
	if n == 1<<31-1 {
		return fmt.Errorf("there are more than %d files", n)
	}
	return nil
}
