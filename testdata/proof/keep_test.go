package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeep(t *testing.T) {
	const older = "# Head\n\nseed 1\n\n## Detection\n\nold\n\n```\n## quoted\n```\n\n## Speed\n\nslow\n\n"
	tests := []struct{ name, fresh, want string }{
		{"one part in its place", "# Head\n\nseed 1\n\n## Sigma\n\nnew\n\n", "# Head\n\nseed 1\n\n## Detection\n\nold\n\n```\n## quoted\n```\n\n## Sigma\n\nnew\n\n## Speed\n\nslow\n\n"},
		{"one part again", "# Head\n\nseed 1\n\n## Speed\n\nfast\n\n", "# Head\n\nseed 1\n\n## Detection\n\nold\n\n```\n## quoted\n```\n\n## Speed\n\nfast\n\n"},
		{"another seed", "# Head\n\nseed 2\n\n## Speed\n\nfast\n\n", "# Head\n\nseed 2\n\n## Speed\n\nfast\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, keep(older, tt.fresh)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
