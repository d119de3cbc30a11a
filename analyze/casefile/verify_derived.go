package casefile

import "context"

func (v *verification) checkDerived(ctx context.Context) error   { return nil }
func (v *verification) checkOriginals(ctx context.Context) error { return nil }
