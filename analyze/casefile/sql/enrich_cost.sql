-- What a call costs by the list of prices, in 1e-9 USD rounded down. Whether
-- input_tokens count the tokens of a cache depends on the provider: Anthropic
-- and Bedrock count them apart, OpenAI and Azure among them
-- (https://docs.claude.com/en/docs/build-with-claude/prompt-caching,
-- https://platform.openai.com/docs/guides/prompt-caching). Where that is not
-- known, a call that used a cache has no cost.
case
    when e.cost_usd is not null or e.input_tokens is null or e.output_tokens is null then null
    when coalesce(e.cache_read_tokens, 0) = 0 and coalesce(e.cache_write_tokens, 0) = 0
        then e.input_tokens::hugeint * price.input + e.output_tokens::hugeint * price.output
    when e.provider in ('aws', 'aws.bedrock', 'bedrock', 'anthropic')
        then e.input_tokens::hugeint * price.input + e.output_tokens::hugeint * price.output
            + coalesce(e.cache_read_tokens, 0)::hugeint * case when coalesce(e.cache_read_tokens, 0) = 0 then 0 else price.cache_read end
            + coalesce(e.cache_write_tokens, 0)::hugeint * case when coalesce(e.cache_write_tokens, 0) = 0 then 0 else price.cache_write end
    when e.provider in ('openai', 'azure', 'azure.ai.openai') and coalesce(e.cache_write_tokens, 0) = 0
        then (e.input_tokens - e.cache_read_tokens)::hugeint * price.input + e.output_tokens::hugeint * price.output
            + e.cache_read_tokens::hugeint * price.cache_read
end // 1000000
