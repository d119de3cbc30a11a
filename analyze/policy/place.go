package policy

import "github.com/exhibit-forensics/exhibit/analyze/yamldoc"

// place is where in the file something stands.
type place struct{ line, column int }

func (p *place) stand(line, column int) { p.line, p.column = line, column }

// problem says what is wrong at the place.
func (p place) problem(format string, args ...any) yamldoc.Problem {
	return yamldoc.ProblemAt(p.line, p.column, format, args...)
}

// warning says what looks at the place as if it were not meant.
func (p place) warning(format string, args ...any) yamldoc.Problem {
	problem := p.problem(format, args...)
	problem.Warning = true
	return problem
}
