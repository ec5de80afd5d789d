-- The index, recomputed by DuckDB from an export (docs/methodology.md, v1; the numbers of its rules stand beside the lines).
--
--   gpuhour export --out prices.parquet
--   duckdb -c "SET VARIABLE prices = 'prices.parquet'; SET VARIABLE gpu = 'H100'; SET VARIABLE currency = 'USD';
--              SET VARIABLE market = 'ON_DEMAND'; SET VARIABLE step = 86400;
--              SET VARIABLE first = '2026-11-01'; SET VARIABLE last = '2026-12-01';" -c ".read docs/index.sql"
--
-- The manifest must lie beside the file. Prices are computed in whole numbers, so that they are rounded half-even exactly once (4).
WITH
manifest AS (
  SELECT * FROM read_json(getvariable('prices') || '.manifest.json', maximum_object_size = 1000000000, columns = {
    written_at: 'TIMESTAMPTZ',
    sources: 'STRUCT(provider VARCHAR, sheet VARCHAR, first_success TIMESTAMPTZ, gaps STRUCT("from" TIMESTAMPTZ, "to" TIMESTAMPTZ)[])[]',
    rates: 'STRUCT(source VARCHAR, day DATE, rates STRUCT(base VARCHAR, quote VARCHAR, rate DECIMAL(18, 9))[])[]'})
),
cut AS (
  SELECT epoch(written_at)::BIGINT + 1 AS now FROM manifest
),
steps AS (  -- 5
  SELECT unnest(range(
    epoch(getvariable('first')::TIMESTAMPTZ)::BIGINT // getvariable('step') * getvariable('step'),
    epoch(getvariable('last')::TIMESTAMPTZ)::BIGINT,
    getvariable('step')::BIGINT)) AS tick
),
sheets AS (
  SELECT s.provider, s.sheet, epoch(s.first_success)::BIGINT AS first,
    list_transform(s.gaps, lambda g: {'from': epoch(g."from")::BIGINT, 'to': epoch(g."to")::BIGINT}) AS gaps
  FROM (SELECT unnest(sources) AS s FROM manifest)
  WHERE s.first_success IS NOT NULL
),
fresh AS (  -- 6: between two gaps a sheet was being read
  SELECT provider, sheet,
    unnest(list_prepend(first, list_transform(gaps, lambda g: g."to"))) AS since,
    unnest(list_append(list_transform(gaps, lambda g: g."from"), (SELECT now FROM cut))) AS until
  FROM sheets
),
seen AS (  -- the seconds of each step in which a sheet was fresh
  SELECT provider, sheet, tick AS step, greatest(since, tick) AS since, least(until, tick + getvariable('step')) AS until
  FROM fresh, steps
  WHERE since < tick + getvariable('step') AND until > tick
    AND since < (SELECT now - 1 FROM cut)
),
points AS (  -- 2, 3: each change of an offer holds until its next one
  SELECT *, epoch(observed_at)::BIGINT AS since,
    lead(epoch(observed_at)::BIGINT, 1, 9000000000) OVER (PARTITION BY series_id ORDER BY observed_at, file_row_number) AS until
  FROM read_parquet(getvariable('prices'), file_row_number = true)
  WHERE (gpu_model = getvariable('gpu') OR gpu_id = getvariable('gpu'))
    AND market = getvariable('market') AND market <> 'UNKNOWN' AND listed_per <> 'COMPONENT'
),
priced AS (  -- 4: one card for one hour is listed * hours / cards, as a fraction
  SELECT *,
    replace(listed_amount::VARCHAR, '.', '')::HUGEINT * 3600 * (CASE listed_per WHEN 'INSTANCE' THEN parts ELSE 1 END) AS numerator,
    1000000000::HUGEINT * (CASE listed_per WHEN 'INSTANCE' THEN round(gpu_count * parts)::BIGINT ELSE 1 END) * CASE listed_period
      WHEN 'PT1S' THEN 1 WHEN 'PT1M' THEN 60 WHEN 'PT1H' THEN 3600 WHEN 'P1D' THEN 86400 WHEN 'P7D' THEN 604800
      WHEN 'P30D' THEN 2592000 WHEN 'P365D' THEN 31536000 WHEN 'P1095D' THEN 94608000 END AS denominator
  FROM (SELECT *, list_filter(range(1, 65), lambda d: abs(round(gpu_count * d) / d - gpu_count) < 1e-6)[1] AS parts FROM points)
),
listed AS (  -- 7: the last price in force while its sheet was fresh
  SELECT s.step, p.series_id, s.provider, s.sheet, any_value(p.provider_kind) AS kind, any_value(p.commitment_months) AS months,
    arg_max(p.listed_currency, least(p.until, s.until)) AS currency,
    arg_max(p.numerator, least(p.until, s.until)) AS numerator, arg_max(p.denominator, least(p.until, s.until)) AS denominator
  FROM priced p JOIN seen s ON s.provider = p.provider AND s.sheet = p.sheet AND p.since < s.until AND p.until > s.since AND p.since < p.until
  WHERE NOT p.withdrawn
  GROUP BY ALL
),
reduced AS (SELECT * REPLACE (numerator // gcd(numerator, denominator) AS numerator, denominator // gcd(numerator, denominator) AS denominator) FROM listed),
quotations AS (
  SELECT r.source, r.day, unnest(r.rates) AS q FROM (SELECT unnest(rates) AS r FROM manifest)
),
pivots AS (  -- 8: what a unit of a currency costs in the one that all of a source's rates are quoted against, as a fraction
  SELECT source, day, q.base AS currency, replace(q.rate::VARCHAR, '.', '')::HUGEINT AS n, 1000000000::HUGEINT AS d
  FROM quotations WHERE q.quote = CASE source WHEN 'CFETS' THEN 'CNY' ELSE 'EUR' END
  UNION ALL
  SELECT source, day, q.quote, 1000000000, replace(q.rate::VARCHAR, '.', '')::HUGEINT
  FROM quotations WHERE q.base = CASE source WHEN 'CFETS' THEN 'CNY' ELSE 'EUR' END
  UNION ALL
  SELECT DISTINCT source, day, CASE source WHEN 'CFETS' THEN 'CNY' ELSE 'EUR' END, 1, 1 FROM quotations
),
days AS (SELECT tick AS step, to_timestamp(tick + getvariable('step') - 1)::TIMESTAMPTZ AT TIME ZONE 'UTC' AS last FROM steps),
rates AS (  -- the latest of each source at or before the step's last day; CFETS before the ECB
  SELECT d.step, f.currency, arg_min({'n': f.n * t.d // gcd(f.n * t.d, f.d * t.n), 'd': f.d * t.n // gcd(f.n * t.d, f.d * t.n)}, CASE f.source WHEN 'CFETS' THEN 0 ELSE 1 END) AS rate
  FROM days d
  JOIN (SELECT step, source, max(day) AS day FROM days, (SELECT DISTINCT source, day FROM quotations) WHERE day <= last::DATE GROUP BY ALL) newest USING (step)
  JOIN pivots f ON f.source = newest.source AND f.day = newest.day
  JOIN pivots t ON t.source = f.source AND t.day = f.day AND t.currency = getvariable('currency')
  GROUP BY ALL
),
converted AS (
  SELECT l.*, l.numerator * CASE WHEN l.currency = getvariable('currency') THEN 1 ELSE r.rate.n END * 1000000 AS n,
    l.denominator * CASE WHEN l.currency = getvariable('currency') THEN 1 ELSE r.rate.d END AS d
  FROM reduced l LEFT JOIN rates r ON r.step = l.step AND r.currency = l.currency
  WHERE l.currency = getvariable('currency') OR r.rate IS NOT NULL  -- 3
),
prices AS (
  SELECT *, CASE WHEN n % d * 2 > d OR n % d * 2 = d AND n // d % 2 = 1 THEN n // d + 1 ELSE n // d END AS price FROM converted
),
spread AS (  -- 9
  SELECT kind, months, step, list_sort(list(price)) AS p, count(*) AS offers, count(DISTINCT provider) AS providers
  FROM prices GROUP BY ALL
),
covered AS (  -- 10
  SELECT kind, months, step, sum(seconds) / sum(greatest(least(step + getvariable('step'), now) - step, 1)) AS coverage
  FROM (SELECT DISTINCT kind, months, step, provider, sheet FROM prices)
  JOIN (SELECT provider, sheet, step, sum(until - since) AS seconds FROM seen GROUP BY ALL) USING (provider, sheet, step), cut
  GROUP BY kind, months, step
)
SELECT kind, months, to_timestamp(step) AS step,  -- 1; steps without an observation are absent (11)
  (p[1] / 1000000)::DECIMAL(18, 6) AS min, (p[(len(p) - 1) // 4 + 1] / 1000000)::DECIMAL(18, 6) AS p25,
  (p[(len(p) - 1) * 2 // 4 + 1] / 1000000)::DECIMAL(18, 6) AS median, (p[(len(p) - 1) * 3 // 4 + 1] / 1000000)::DECIMAL(18, 6) AS p75,
  (p[len(p)] / 1000000)::DECIMAL(18, 6) AS max, offers, providers, least(coverage, 1) AS coverage
FROM spread JOIN covered USING (kind, months, step)
ORDER BY ALL;
