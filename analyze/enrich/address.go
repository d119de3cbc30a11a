package enrich

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
)

// A Place is what address databases say of an address. Empty and zero mean
// that they do not say.
type Place struct {
	Country      string // ISO 3166-1 alpha-2
	City         string // English name
	ASN          uint32
	Organization string // of the autonomous system
	// Point is where it is, about, where Located is set.
	Point   Point
	Located bool
}

// Database is a MaxMind DB file: GeoLite2 or GeoIP2 City, Country or ASN, or
// one of that shape by another maker.
type Database struct {
	r *maxminddb.Reader
}

// OpenDatabase opens a MaxMind DB file, which is mapped into memory and not
// read as a whole. The caller closes it.
func OpenDatabase(path string) (*Database, error) {
	r, err := maxminddb.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening address database %s: %w", path, err)
	}
	return &Database{r}, nil
}

// Close releases the file.
func (d *Database) Close() error { return d.r.Close() }

// Type is the kind of the database, by its maker, and when it was built, in
// seconds since 1970.
func (d *Database) Type() (kind string, built int64) {
	return d.r.Metadata.DatabaseType, int64(d.r.Metadata.BuildEpoch)
}

// row holds the members that are read. Their names are those of MaxMind's
// City, Country and ASN databases
// (https://dev.maxmind.com/geoip/docs/databases/city-and-country and .../asn).
type row struct {
	Country struct {
		Code string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	City struct {
		Names struct {
			English string `maxminddb:"en"`
		} `maxminddb:"names"`
	} `maxminddb:"city"`
	Location struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
	} `maxminddb:"location"`
	ASN          uint32 `maxminddb:"autonomous_system_number"`
	Organization string `maxminddb:"autonomous_system_organization"`
}

// Add sets what the database says of the address and p does not.
func (d *Database) Add(p *Place, a netip.Addr) error {
	a = a.Unmap().WithZone("")
	if d.r.Metadata.IPVersion == 4 && !a.Is4() {
		return nil // it says nothing of such addresses
	}
	var r row
	if err := d.r.Lookup(a).Decode(&r); err != nil {
		return fmt.Errorf("looking up %s: %w", a, err)
	}
	if p.Country == "" {
		p.Country = r.Country.Code
	}
	if p.City == "" {
		p.City = r.City.Names.English
	}
	if l := r.Location; !p.Located && l.Latitude != nil && l.Longitude != nil {
		p.Point, p.Located = parsePoint(formatDegrees(*l.Latitude), formatDegrees(*l.Longitude))
	}
	if p.ASN == 0 {
		p.ASN, p.Organization = r.ASN, r.Organization
	}
	return nil
}

// formatDegrees writes degrees to the last digit that databases have, a dozen metres.
func formatDegrees(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }

// WritePoint writes where a place is as two fields of CSV, empty where that is not
// known; [Place.ReadPoint] reads them.
func (p *Place) WritePoint() []string {
	if !p.Located {
		return []string{"", ""}
	}
	return []string{formatDegrees(p.Point.Latitude), formatDegrees(p.Point.Longitude)}
}

// ReadPoint reads where a place is from two fields of CSV.
func (p *Place) ReadPoint(latitude, longitude string) {
	p.Point, p.Located = parsePoint(latitude, longitude)
}

// ParseAddress reads an address as a log wrote it. Names of services, masked
// addresses and addresses with leading zeros are none.
func ParseAddress(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.TrimSpace(s))
	return a.Unmap().WithZone(""), err == nil
}
