package export_test

import (
	"slices"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/formats"
)

func TestStampOf(t *testing.T) {
	for micros, want := range map[int64]formats.Precision{
		1_000_000: formats.PrecisionS, 1_500_000: formats.PrecisionMS, 1_500_001: formats.PrecisionUS,
	} {
		at := time.UnixMicro(micros)
		if got := export.StampOf(&at); got != (render.Stamp{Micros: micros, Precision: want}) {
			t.Errorf("%d: %v, want precision %s", micros, got, want)
		}
	}
	if export.StampOf(nil) != nil {
		t.Error("no time is not NULL")
	}
}

func TestQueryTable(t *testing.T) {
	table := export.QueryTable([]casefile.ResultColumn{{Name: "a", Type: "BIGINT"}, {Name: "a", Type: "DECIMAL(18,9)"}, {Name: "", Type: "JSON"}, {Name: "t", Type: "TIMESTAMPTZ"}})
	want := []render.Column{{Name: "a", Kind: render.KindInt}, {Name: "a_2", Kind: render.KindNumber}, {Name: "column_3", Kind: render.KindJSON}, {Name: "t", Kind: render.KindTime}}
	if !slices.Equal(table.Columns, want) || table.Stacked {
		t.Errorf("%+v", table)
	}
}
