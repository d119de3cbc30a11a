package formats

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		p              Precision
		zoned          bool
	}{
		{"RFC 3339", "2024-03-01T12:00:05Z", "2024-03-01T12:00:05Z", PrecisionS, true},
		{"lower case", "2024-03-01t12:00:05z", "2024-03-01T12:00:05Z", PrecisionS, true},
		{"one digit", "2024-03-01T12:00:05.5Z", "2024-03-01T12:00:05.5Z", PrecisionMS, true},
		{"milliseconds", "2024-03-01T12:00:05.123Z", "2024-03-01T12:00:05.123Z", PrecisionMS, true},
		{"microseconds", "2024-03-01T12:00:05.123456Z", "2024-03-01T12:00:05.123456Z", PrecisionUS, true},
		{"seven digits", "2024-03-01T12:00:05.1234567Z", "2024-03-01T12:00:05.123456Z", PrecisionNS, true},
		{"nanoseconds are cut", "2024-03-01T12:00:05.999999999Z", "2024-03-01T12:00:05.999999Z", PrecisionNS, true},
		{"twelve digits", "2024-03-01T12:00:05.123456789012Z", "2024-03-01T12:00:05.123456Z", PrecisionNS, true},
		{"comma", "2024-03-01 12:00:05,123", "2024-03-01T12:00:05.123Z", PrecisionMS, false},
		{"space", "2024-03-01 12:00:05+02:00", "2024-03-01T10:00:05Z", PrecisionS, true},
		{"offset without colon", "2024-03-01T12:00:05-0730", "2024-03-01T19:30:05Z", PrecisionS, true},
		{"offset of hours", "2024-03-01 12:00:05+02", "2024-03-01T10:00:05Z", PrecisionS, true},
		{"UTC", "2024-03-01 12:00:05.25 UTC", "2024-03-01T12:00:05.25Z", PrecisionMS, true},
		{"no zone", "2024-03-01T12:00:05", "2024-03-01T12:00:05Z", PrecisionS, false},
		{"basic", "20240301T120005Z", "2024-03-01T12:00:05Z", PrecisionS, true},
		{"before 1970", "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z", PrecisionMS, true},
		{"leap day", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", PrecisionS, true},
		{"leap second", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", PrecisionS, true},
		{"first year", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", PrecisionS, true},
		{"last year", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", PrecisionS, true},
		{"epoch seconds", "1712577600", "2024-04-08T12:00:00Z", PrecisionS, true},
		{"epoch float", "1712577600.25", "2024-04-08T12:00:00.25Z", PrecisionMS, true},
		{"epoch milliseconds", "1712577600123", "2024-04-08T12:00:00.123Z", PrecisionMS, true},
		{"epoch milliseconds float", "1712577600123.5", "2024-04-08T12:00:00.1235Z", PrecisionUS, true},
		{"epoch microseconds", "1712577600123456", "2024-04-08T12:00:00.123456Z", PrecisionUS, true},
		{".NET ticks", "638481744001234567", "2024-04-08T12:00:00.123456Z", PrecisionNS, true},
		{"FILETIME", "133570512001234567", "2024-04-08T12:00:00.123456Z", PrecisionNS, true},
		{"the year 1601", "1601-01-01T00:00:00Z", "1601-01-01T00:00:00Z", PrecisionS, true},
		{"leap second with a fraction", "2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.5Z", PrecisionMS, true},
		{"epoch nanoseconds", "1712577600123456789", "2024-04-08T12:00:00.123456Z", PrecisionNS, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, p, zoned, ok := ParseTime([]byte(tt.in))
			if !ok {
				t.Fatalf("ParseTime(%q) refuses", tt.in)
			}
			if s := time.UnixMicro(got.Micros).UTC().Format(time.RFC3339Nano); s != tt.want || p != tt.p || zoned != tt.zoned || !got.OK {
				t.Errorf("ParseTime(%q) = %s, %s, zoned %v; want %s, %s, zoned %v", tt.in, s, p, zoned, tt.want, tt.p, tt.zoned)
			}
		})
	}
}

func TestParseTimeRefuses(t *testing.T) {
	for _, in := range []string{
		"", "Z", "now", "2024-03-01", "2024-03-01T", "2024-03-01T12:00", "2024-03-01T12:00:05.Z", "2024-03-01T24:00:00Z",
		"2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z", "2023-02-29T00:00:00Z", "2024-04-31T00:00:00Z", "2024-03-01T12:60:00Z",
		"2024-03-01T12:00:61Z", "2024-03-01T12:00:05 CET", "2024-03-01T12:00:05+24:00", "2024-03-01T12:00:05+1", "2024-03-01T12:00:05Zx",
		"0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z",
		"0", "1", "12", "12345678", "20240301", "20240301120005", "12345678901", "-1712577600", "1712577600.", ".5", "1.7e9", "01712577600",
		"9999999999999999999", "17125776001234567890", "1712577600.1234567890123456789012345678901",
	} {
		if got, _, _, ok := ParseTime([]byte(in)); ok {
			t.Errorf("ParseTime(%q) = %v, want it refused", in, got)
		}
	}
}

func TestDecoderSetTime(t *testing.T) {
	vienna := time.FixedZone("", 3600)
	for _, tt := range []struct {
		name, json, want, source string
		tz                       *time.Location
	}{
		{"missing", `{}`, "", "", nil},
		{"null", `{"t":null}`, "", "", nil},
		{"text", `{"t":"2024-03-01T12:00:05Z"}`, "2024-03-01T12:00:05Z", "t", nil},
		{"number", `{"t":1712577600}`, "2024-04-08T12:00:00Z", "t", nil},
		{"no zone", `{"t":"2024-03-01T12:00:05"}`, "", "t (no zone)", nil},
		{"no zone, assumed", `{"t":"2024-03-01T12:00:05"}`, "2024-03-01T11:00:05Z", "t", vienna},
		{"zone wins over the assumed", `{"t":"2024-03-01T12:00:05Z"}`, "2024-03-01T12:00:05Z", "t", vienna},
		{"epoch has no zone to assume", `{"t":1712577600}`, "2024-04-08T12:00:00Z", "t", vienna},
		{"not a time", `{"t":"yesterday"}`, "", "t (not a time)", nil},
		{"not even text", `{"t":[1]}`, "", "t (not a time)", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := NewDecoder()
			d.AssumeTZ = tt.tz
			if err := d.JSON.Parse([]byte(tt.json)); err != nil {
				t.Fatal(err)
			}
			e := d.Add()
			d.SetTime(e, "t", d.JSON.Root().Get("t"))
			got := ""
			if e.TS.OK {
				got = time.UnixMicro(e.TS.Micros).UTC().Format(time.RFC3339Nano)
			}
			if got != tt.want || e.TSSource != tt.source {
				t.Errorf("time %q from %q, want %q from %q", got, e.TSSource, tt.want, tt.source)
			}
		})
	}
}

func TestSetTimeAllocates(t *testing.T) {
	d := NewDecoder()
	if err := d.JSON.Parse([]byte(`"2024-03-01T12:00:05.123Z"`)); err != nil {
		t.Fatal(err)
	}
	e, v := d.Add(), d.JSON.Root()
	if n := testing.AllocsPerRun(100, func() { d.SetTime(e, "t", v) }); n != 0 {
		t.Errorf("SetTime allocates %v times", n)
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2024-03-01T12:00:05.123Z", "20240301T120005+0100", "1712577600.5", "2024-03-01 12:00:05 UTC"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, p, zoned, ok := ParseTime(b)
		if !ok {
			return
		}
		if y := time.UnixMicro(got.Micros).UTC().Year(); y < 1 || y > 9999 || p == "" || !got.OK {
			t.Fatalf("ParseTime(%q) = year %d, precision %q", b, y, p)
		}
		// What Go's own parser accepts as RFC 3339 must be the same instant.
		if want, err := time.Parse(time.RFC3339Nano, string(b)); err == nil && zoned && want.UnixMicro() != got.Micros {
			t.Fatalf("ParseTime(%q) = %d, want %d", b, got.Micros, want.UnixMicro())
		}
	})
}

func TestDaysTo(t *testing.T) {
	for year := 1; year <= 9999; year++ {
		for month := 1; month <= 12; month++ {
			want := time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC).Unix() / 86400
			if got := daysTo(year, month); int64(got) != want {
				t.Fatalf("daysTo(%d, %d) = %d, want %d", year, month, got, want)
			}
		}
	}
}
