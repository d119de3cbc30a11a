make_timestamptz(epoch_us({{of}}.ts) + coalesce(clock.add_us, 0))
