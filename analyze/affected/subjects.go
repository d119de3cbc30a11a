package affected

import (
	"context"
	"database/sql"
	"strconv"
)

// readSubjects reads who met the things that are told.
func (s *search) readSubjects(ctx context.Context) error {
	if err := s.run(ctx, "subjects"); err != nil {
		return err
	}
	limit := sql.Named("limit", s.o.Limit)
	var firsts []int64
	err := s.query(ctx, "subject_rows", []any{limit}, func(r *sql.Rows) error {
		var no, eid int64
		var x Subject
		err := r.Scan(&no, &x.Principal, &x.Calls, &x.Events, &x.First, &x.Last, &eid)
		s.r.Subjects, firsts = append(s.r.Subjects, x), append(firsts, eid)
		return err
	})
	if err != nil {
		return err
	}
	for i := range s.r.Subjects {
		s.naming = append(s.naming, named{firsts[i], &s.r.Subjects[i].FirstEvent})
	}
	err = s.query(ctx, "subject_count", []any{limit}, func(r *sql.Rows) error {
		var all int64
		err := r.Scan(&all, &s.r.MoreCalls)
		s.r.MoreSubjects = all - int64(len(s.r.Subjects))
		return err
	})
	if err != nil {
		return err
	}
	number := map[int]int{} // of things, by place
	for i, at := range s.places {
		number[at] = s.r.Things[i].No
	}
	return s.query(ctx, "subject_values", []any{limit}, func(r *sql.Rows) error {
		var no int
		var name string
		var n Count
		if err := r.Scan(&no, &name, &n.Value, &n.Units); err != nil {
			return err
		}
		return s.r.Subjects[no-1].note(name, n, number)
	})
}

// note adds a value of a subject.
func (x *Subject) note(name string, n Count, number map[int]int) error {
	switch name {
	case "person":
		x.Persons = append(x.Persons, n)
	case "credential":
		x.Credentials = append(x.Credentials, n)
	case "address":
		x.Addresses = append(x.Addresses, n)
	case "app":
		x.Apps = append(x.Apps, n)
	case "model":
		x.Models = append(x.Models, n)
	case "session":
		x.Sessions = append(x.Sessions, n)
	case "source":
		x.Sources = append(x.Sources, n)
	case "thing":
		at, err := strconv.Atoi(n.Value)
		if err != nil {
			return err
		}
		x.Things = append(x.Things, number[at])
	}
	return nil
}

// readNext reads what happened after the meetings.
func (s *search) readNext(ctx context.Context) error {
	limit, window := sql.Named("limit", s.o.Limit), sql.Named("window", s.o.Window.Microseconds())
	for _, name := range []string{"after", "next_unit", "followed"} {
		if err := s.run(ctx, name, limit, window); err != nil {
			return err
		}
	}
	err := s.query(ctx, "next", nil, func(r *sql.Rows) error {
		var no int
		var n Next
		err := r.Scan(&no, &n.Calls, &n.Events, &n.Again, &n.Tools, &n.Blocked, &n.Denied, &n.Throttled, &n.Errors, &n.BytesOut)
		s.r.Subjects[no-1].Next = n
		return err
	})
	if err != nil {
		return err
	}
	err = s.query(ctx, "next_values", nil, func(r *sql.Rows) error {
		var no int
		var name string
		var v Count
		err := r.Scan(&no, &name, &v.Value, &v.Units)
		s.r.Subjects[no-1].Next.note(name, v)
		return err
	})
	if err != nil {
		return err
	}
	return s.readTelling(ctx)
}

// note adds a value that followed.
func (n *Next) note(name string, v Count) {
	switch name {
	case "model":
		n.Models = append(n.Models, v)
	case "address":
		n.Addresses = append(n.Addresses, v)
	case "issued":
		n.Issued = append(n.Issued, v)
	case "destination":
		n.Destinations = append(n.Destinations, v)
	}
}

// readTelling reads the events that tell most.
func (s *search) readTelling(ctx context.Context) error {
	eids := make([][]int64, len(s.r.Subjects))
	err := s.query(ctx, "telling", nil, func(r *sql.Rows) error {
		var no int
		var eid int64
		var t Telling
		var operation, code, model, address, issued, destination sql.NullString
		err := r.Scan(&no, &t.Why, &eid, &t.TS, &operation, &code, &model, &address, &issued, &destination, &t.Units)
		t.Operation, t.ErrorCode, t.Model, t.Address = operation.String, code.String, model.String, address.String
		t.IssuedCredential, t.Destination = issued.String, destination.String
		x := &s.r.Subjects[no-1]
		x.Next.Telling = append(x.Next.Telling, t)
		eids[no-1] = append(eids[no-1], eid)
		return err
	})
	for i := range s.r.Subjects {
		for j := range s.r.Subjects[i].Next.Telling {
			s.naming = append(s.naming, named{eids[i][j], &s.r.Subjects[i].Next.Telling[j].EventID})
		}
	}
	return err
}
