-- How long calls that succeeded took, in five minutes, by model and region. The
-- quantiles are values that calls had.
create or replace temp table feature_latency as
select
    model, region, at_us // 300000000 * 300000000 as at_us,
    count(latency_us) as with_latency,
    quantile_disc(latency_us, 0.5) as latency_median_us, quantile_disc(latency_us, 0.9) as latency_p90_us, quantile_disc(latency_us, 0.99) as latency_p99_us,
    count(ttft_us) as with_ttft,
    quantile_disc(ttft_us, 0.5) as ttft_median_us, quantile_disc(ttft_us, 0.9) as ttft_p90_us, quantile_disc(ttft_us, 0.99) as ttft_p99_us
from call
where outcome = 'success' and model is not null and (latency_us is not null or ttft_us is not null)
group by model, region, at_us // 300000000;
