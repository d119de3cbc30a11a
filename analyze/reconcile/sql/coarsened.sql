-- What was left out has many values within a stratum, of which none counts.
update stratum set app = null, principal = null;
