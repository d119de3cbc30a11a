package content

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/exhibit-forensics/exhibit/analyze/content/classify"
)

//go:embed weights/refusal.bin
var refusalWeights []byte

var sharedTone = sync.OnceValues(func() (*classify.Model, error) { //nolint:gochecknoglobals // made once from constants
	return classify.Parse(refusalWeights)
})

// tone looks for replies that refuse without saying so: that lecture, warn or
// turn to something else where an answer is due. No phrase is common to them; a
// classifier of their first sentences learned them.
type tone struct {
	model    *classify.Model
	reader   *classify.ReplyReader
	features classify.Features
}

func newTone() (part, error) {
	model, err := sharedTone()
	if err != nil {
		return nil, fmt.Errorf("reading the weights of refusals: %w", err)
	}
	return &tone{model: model, reader: classify.NewReplyReader()}, nil
}

func (p *tone) keywords() []string { return nil }

func (p *tone) scan(t *Text, report func(Sign)) {
	if t.Role != RoleAssistant || !t.Begins {
		return
	}
	p.features = p.reader.Features(p.features[:0], t.Folded)
	if score := p.model.Score(p.features); score >= Flagged {
		report(Sign{Kind: KindRefusal, Label: refusalSoft, Score: min(score, maxScore), Start: 0, End: min(len(t.Raw), classify.MaxReply)})
	}
}
