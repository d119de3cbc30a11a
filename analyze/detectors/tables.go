package detectors

import "context"

// need makes tables that detectors read: those of features, and those that take
// more than a statement.
func (r *run) need(ctx context.Context, names ...string) error {
	for _, name := range names {
		makers := map[string]func(context.Context) error{
			"granted": r.makeGranted,
		}
		makeIt, ok := makers[name]
		switch {
		case !ok:
			if err := r.features.Need(ctx, name); err != nil {
				return err
			}
		case !r.made[name]:
			if err := makeIt(ctx); err != nil {
				return err
			}
			if r.made == nil {
				r.made = map[string]bool{}
			}
			r.made[name] = true
		}
	}
	return nil
}
