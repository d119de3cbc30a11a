-- What a call costs by the list of prices, in 1e-9 USD rounded down. The input
-- tokens count those that a cache served or took, which have prices of their own;
-- the output tokens count those of thoughts, which cost as much as others
-- (https://docs.claude.com/en/docs/build-with-claude/prompt-caching,
-- https://platform.openai.com/docs/guides/prompt-caching). A call that used a
-- cache whose price is not in the list has no cost, nor has one whose input is
-- less than what caches served and took.
case
    when e.cost_usd is not null or e.input_tokens is null or e.output_tokens is null then null
    when coalesce(e.cache_read_tokens, 0) = 0 and coalesce(e.cache_write_tokens, 0) = 0
        then e.input_tokens::hugeint * price.input + e.output_tokens::hugeint * price.output
    when e.input_tokens::hugeint >= coalesce(e.cache_read_tokens, 0)::hugeint + coalesce(e.cache_write_tokens, 0)::hugeint
        then (e.input_tokens::hugeint - coalesce(e.cache_read_tokens, 0)::hugeint - coalesce(e.cache_write_tokens, 0)::hugeint) * price.input
            + e.output_tokens::hugeint * price.output
            + coalesce(e.cache_read_tokens, 0)::hugeint * case when coalesce(e.cache_read_tokens, 0) = 0 then 0 else price.cache_read end
            + coalesce(e.cache_write_tokens, 0)::hugeint * case when coalesce(e.cache_write_tokens, 0) = 0 then 0 else price.cache_write end
end // 1000000
