-- From when to when the case has events.
select epoch_us(min(ts)), epoch_us(max(ts)) from minute where ts is not null
