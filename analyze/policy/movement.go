package policy

import (
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Destination is where data goes, taken apart. What it does not have is empty.
type Destination struct {
	Name   string // as the log has it
	Host   string // in lower case
	Bucket string
}

// maxDestination bounds what is taken apart, in bytes: longer than any URL that
// browsers take.
const maxDestination = 8 << 10

// ParseDestination takes apart what a log calls a destination: a URL, s3:// and
// gs:// with a bucket, the ARN of a bucket, a host with or without a port, an
// address, or some other name. Buckets are also found in the hosts and paths by
// which storage is reached:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
// https://cloud.google.com/storage/docs/request-endpoints
func ParseDestination(s string) Destination {
	d := Destination{Name: s}
	if len(s) > maxDestination {
		return d
	}
	if rest, ok := strings.CutPrefix(s, "arn:"); ok {
		// arn:PARTITION:s3:::BUCKET/KEY
		if parts := strings.SplitN(rest, ":", 5); len(parts) == 5 && parts[1] == "s3" && parts[3] == "" {
			d.Bucket, _, _ = strings.Cut(parts[4], "/")
		}
		return d
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		d.Host = bareHost(s)
		return d
	}
	switch strings.ToLower(scheme) {
	case "s3", "s3a", "s3n", "gs":
		d.Bucket, _, _ = strings.Cut(rest, "/")
		return d
	}
	u, err := url.Parse(s)
	if err != nil {
		return d
	}
	d.Host = strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	d.Bucket = bucketOf(d.Host, u.Path)
	return d
}

var hostShape = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$`)

// bareHost returns the host of HOST, HOST:PORT and addresses, "" for other
// names. A name without a dot is a host only before a port, or localhost.
func bareHost(s string) string {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.Unmap().WithZone("").String() // a zone names an interface of one machine
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().Unmap().WithZone("").String()
	}
	host, port, _ := strings.Cut(strings.ToLower(s), ":")
	host = strings.TrimSuffix(host, ".")
	if !hostShape.MatchString(host) || strings.Trim(port, "0123456789") != "" {
		return ""
	}
	if port == "" && host != "localhost" && !strings.Contains(host, ".") {
		return ""
	}
	return host
}

var s3Host = regexp.MustCompile(`^(?:(.+)\.)?s3(?:[.-](?:dualstack\.|accelerate\.|fips\.)?[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$`)

// bucketOf finds the bucket in the host or path of a URL of object storage.
func bucketOf(host, urlPath string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(urlPath, "/"), "/")
	if m := s3Host.FindStringSubmatch(host); m != nil {
		if m[1] != "" {
			return m[1]
		}
		return first
	}
	const google = "storage.googleapis.com"
	if host == google {
		return first
	}
	if bucket, ok := strings.CutSuffix(host, "."+google); ok {
		return bucket
	}
	return ""
}

// DestinationAllowed says whether a subject may send data to, or read it from, a
// destination as a log names it.
func (p *Policy) DestinationAllowed(s Subject, destination string) Verdict {
	if p == nil {
		return Verdict{Section: SectionDestinations}
	}
	d := ParseDestination(destination)
	return decide(SectionDestinations, p.doc.Destinations, func(r *destinationRule) *header { return &r.header }, s, d.ask)
}

func (d *Destination) ask(r *destinationRule) fit {
	var f fit
	if d.Name == "" {
		f.lacks("the destination")
		return f
	}
	found := false
	best := func(n near, ok bool) {
		if ok && (!found || n.order() > f.near[1].order()) {
			f.near[1], found = n, true
		}
	}
	best(nearest("buckets", r.Buckets, d.Bucket))
	best(nearest("names", r.Names, d.Name))
	best(nearest("hosts", r.Hosts, d.Host))
	f.no = !found
	return f
}

// FormatAllowed says whether a subject may handle data of a format, a media type
// (of which parameters do not count) or a word such as csv.
func (p *Policy) FormatAllowed(s Subject, format string) Verdict {
	if p == nil {
		return Verdict{Section: SectionFormats}
	}
	format, _, _ = strings.Cut(format, ";")
	format = strings.ToLower(strings.TrimSpace(format))
	return decide(SectionFormats, p.doc.Formats, func(r *formatRule) *header { return &r.header }, s, func(r *formatRule) fit {
		var f fit
		f.near[1] = askPattern(&f, "formats", r.Formats, format, "the format")
		return f
	})
}

// ToolAllowed says whether a subject, an agent, may use a tool.
func (p *Policy) ToolAllowed(s Subject, tool string) Verdict {
	if p == nil {
		return Verdict{Section: SectionTools}
	}
	return decide(SectionTools, p.doc.Tools, func(r *toolRule) *header { return &r.header }, s, func(r *toolRule) fit {
		var f fit
		f.near[1] = askPattern(&f, "tools", r.Tools, tool, "the tool")
		return f
	})
}

// WriteAllowed says whether a subject, an agent, may write at a path. The path
// must be a whole one (of a relative one the folder is not known): the caller
// puts the working folder before it. Parts that are .. are resolved as text;
// links cannot be seen in a log.
func (p *Policy) WriteAllowed(s Subject, file string) Verdict {
	if p == nil {
		return Verdict{Section: SectionWrites}
	}
	file, whole := cleanPath(file)
	return decide(SectionWrites, p.doc.Writes, func(r *writeRule) *header { return &r.header }, s, func(r *writeRule) fit {
		var f fit
		if !whole {
			f.lacks("the folder of the path")
			return f
		}
		f.near[1] = askPattern(&f, "paths", r.Paths, file, "the path")
		return f
	})
}

// maxPath bounds a path that is compared, in bytes: Linux takes 4096.
const maxPath = 8 << 10

// drive is the beginning of a path of Windows.
var drive = regexp.MustCompile(`^[A-Za-z]:[\\/]`)

// rooted says whether a path begins at a root: /, ~/ or a drive.
func rooted(s string) bool {
	return strings.HasPrefix(s, "/") || strings.HasPrefix(s, "~/") || drive.MatchString(s)
}

// cleanPath resolves the parts . and .. of a path, and writes one of Windows
// with slashes. It says whether the path is a whole one.
func cleanPath(s string) (string, bool) {
	if len(s) > maxPath {
		return "", false
	}
	if drive.MatchString(s) {
		s = strings.ReplaceAll(s, `\`, "/")
	}
	if !rooted(s) {
		return "", false
	}
	if s[0] == '/' {
		return path.Clean(s), true
	}
	// What leaves the home or the drive stands nowhere that a pattern could mean.
	root, rest, _ := strings.Cut(s, "/")
	rest = path.Clean(rest)
	if slices.Contains(strings.Split(rest, "/"), "..") {
		return "", false
	}
	return root + "/" + rest, true
}
