select value, person, calls from identity_conflict order by value, calls desc, person limit {{limit}}
