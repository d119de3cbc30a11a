-- Opens a case for reading, at ledger head {{head}}, in any client of DuckDB 1.5 or
-- later. After a load or rebuild the case has another database: ask for this again.
set TimeZone = 'UTC';
attach {{database}} as exhibit (read_only);
use exhibit;
