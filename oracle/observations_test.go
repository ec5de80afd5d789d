package oracle

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	observations = "../../shared/history/observations.csv.gz"
	mappingFile  = "../mapping/testdata/observations.yaml"
)

// questions is how many of each kind are asked: a thousand in all.
const (
	marketQuestions  = 400
	historyQuestions = 400
	indexQuestions   = 200
)

// TestThousandQuestions imports real observations, exports them, imports the export into a second store, and asks that one a thousand questions
// about the past. The same is computed from the observations themselves, in plain SQL.
func TestThousandQuestions(t *testing.T) {
	if _, err := os.Stat(observations); err != nil {
		t.Skip("the observations are not here")
	}
	p, first, second, file := build(t), t.TempDir(), t.TempDir(), t.TempDir()+"/prices.parquet"
	p.run(t, "import", "--data-dir", first, "--mapping", mappingFile, observations)
	p.run(t, "export", "--data-dir", first, "--collection", "*", "--out", file)
	p.run(t, "import", "--data-dir", second, file)
	asked := &quiz{T: t, random: rand.New(rand.NewPCG(31, 32)), duck: openDuck(t), program: p.serve(t, second)}
	asked.prepare(file)
	asked.markets()
	asked.histories()
	asked.indices()
}

// quiz asks the program and DuckDB the same.
type quiz struct {
	*testing.T
	random  *rand.Rand
	duck    duck
	program serving
	sheets  []sheet
}

// sheet is what was recorded together.
type sheet struct {
	recorder, provider, market string
	name                       string // the provider's id
	first, last                int64
}

// prepare loads the observations, and of the export only how names were understood: that is not asked here.
func (q *quiz) prepare(export string) {
	q.Helper()
	q.duck.run(q.T, `CREATE TABLE cadences AS SELECT * FROM (VALUES ('skypilot-catalog', 168), ('cyclenerd', 168), ('gpu-price-dashboard', 6)) AS c(collection, hours)`)
	q.duck.run(q.T, `CREATE TABLE names AS SELECT DISTINCT provider, split_part(provider, '@', 2) AS collection, sku, gpu_name, gpu_count, region, market, listed_per, listed_currency,
		series_id, gpu_model, provider_kind FROM read_parquet('`+export+`')`)
	q.duck.run(q.T, `CREATE MACRO units(price) AS replace(price::VARCHAR, '.', '')::HUGEINT`)
	q.duck.run(q.T, `CREATE MACRO half_even(n, d) AS CASE WHEN n % d * 2 > d OR n % d * 2 = d AND n // d % 2 = 1 THEN n // d + 1 ELSE n // d END`)
	q.duck.run(q.T, `CREATE TABLE collections AS SELECT * FROM (VALUES `+recorders()+`) AS c(source, collection)`)
	q.duck.run(q.T, `CREATE TABLE seen AS SELECT collection, coalesce(hours, 24) * 3600 AS cadence, o.source, o.provider AS seller, n.provider, n.series_id, n.gpu_model, n.provider_kind, upper(o.market) AS market,
		epoch(observed_at)::BIGINT AS sec, price, o.currency, o.unit, n.gpu_count
		FROM read_csv('`+observations+`', types = {'price': 'DECIMAL(18,9)', 'gpu_count': 'DOUBLE'}, quote = '"') o
		JOIN collections USING (source) LEFT JOIN cadences USING (collection)
		JOIN names n ON n.collection = collections.collection AND n.sku = coalesce(o.instance_type, o.gpu_raw) AND n.gpu_name = coalesce(o.gpu_raw, o.instance_type) AND n.gpu_count = coalesce(o.gpu_count, 1)
			AND coalesce(n.region, '') = coalesce(o.region, '') AND n.market = upper(o.market) AND n.listed_currency = o.currency
			AND n.listed_per = CASE o.unit WHEN 'gpu_hour' THEN 'GPU' ELSE 'INSTANCE' END
			AND n.provider = trim(regexp_replace(lower(o.provider), '[^a-z0-9._]+', '-', 'g'), '-') || '@' || n.collection`)
	if got := q.duck.lines(q.T, `SELECT count(*)::VARCHAR, count(DISTINCT series_id)::VARCHAR FROM seen`); got[0] != "1405933 | 9555" {
		q.Fatalf("the observations and the series do not fit together: %s", got[0])
	}
	q.duck.run(q.T, `CREATE TABLE readings AS SELECT provider, market, sec, any_value(cadence) AS cadence, lead(sec) OVER (PARTITION BY provider, market ORDER BY sec) AS next FROM seen GROUP BY provider, market, sec`)
	// A price holds until the next one of its series, or until its sheet was read without it for more than three cadences.
	q.duck.run(q.T, `CREATE TABLE holds AS
		SELECT s.*, least(coalesce(next, 9000000000), coalesce((SELECT min(r.sec) FROM readings r WHERE r.provider = s.provider AND r.market = s.market AND r.sec > s.sec + 3 * s.cadence), 9000000000)) AS until
		FROM (SELECT *, lead(sec) OVER (PARTITION BY series_id ORDER BY sec) AS next FROM seen) s`)
	for _, line := range q.duck.lines(q.T, `SELECT provider, market, min(sec)::VARCHAR, max(sec)::VARCHAR FROM seen GROUP BY ALL ORDER BY ALL`) {
		var s sheet
		parts := strings.Split(line, " | ")
		s.name, s.market = parts[0], parts[1]
		if _, err := fmt.Sscan(parts[2]+" "+parts[3], &s.first, &s.last); err != nil {
			q.Fatal(err)
		}
		q.sheets = append(q.sheets, s)
	}
}

// recorders are the collections' names as the mapping has them, for SQL.
func recorders() string {
	text, err := os.ReadFile(mappingFile)
	if err != nil {
		panic(err)
	}
	var out []string
	for line := range strings.Lines(strings.ReplaceAll(string(text), ":\n    {name:", ": {name:")) {
		recorder, rest, found := strings.Cut(strings.TrimSpace(line), `": {name: `)
		if name, _, ok := strings.Cut(rest, ","); found && ok {
			out = append(out, "('"+strings.TrimPrefix(recorder, `"`)+"', '"+name+"')")
		}
	}
	return strings.Join(out, ", ")
}

// moment is some second from a little before a sheet's first reading to well after its last.
func (q *quiz) moment(s sheet) int64 {
	const before, after = 2 * 24 * 3600, 40 * 24 * 3600
	return s.first - before + q.random.Int64N(s.last-s.first+before+after)
}

func (q *quiz) sheet() sheet { return q.sheets[q.random.IntN(len(q.sheets))] }

func stamp(second int64) string { return time.Unix(second, 0).UTC().Format(time.RFC3339) }

type node struct {
	ID, Sku, ObservedAt string
	Listed              struct{ Amount string }
	Stale               bool
}

// markets asks how a provider's market stood at a moment: what was listed, at which price, when it had last been seen, and whether it was stale.
func (q *quiz) markets() {
	q.Helper()
	const query = `query($at: Time!, $provider: ID!, $market: Market!, $after: String) { offers(asOf: $at, first: 200, after: $after, orderBy: {field: PROVIDER},
		filter: {providers: [$provider], markets: [$market]}) { totalCount pageInfo { hasNextPage endCursor } nodes { id sku observedAt stale listed { amount } } } }`
	listed := 0
	for range marketQuestions {
		s := q.sheet()
		at := q.moment(s)
		var got []string
		for after := any(nil); ; {
			var answer struct {
				Offers struct {
					TotalCount int
					PageInfo   struct {
						HasNextPage bool
						EndCursor   string
					}
					Nodes []node
				}
			}
			q.program.ask(q.T, query, map[string]any{"at": stamp(at), "provider": s.name, "market": s.market, "after": after}, &answer)
			for _, n := range answer.Offers.Nodes {
				got = append(got, fmt.Sprintf("%s | %s | %s | %v", n.ID, n.Listed.Amount, strings.Replace(n.ObservedAt, ".000Z", "Z", 1), n.Stale))
			}
			if !answer.Offers.PageInfo.HasNextPage {
				break
			}
			after = answer.Offers.PageInfo.EndCursor
		}
		want := q.duck.lines(q.T, `SELECT series_id, rtrim(rtrim(price::VARCHAR, '0'), '.'), strftime(to_timestamp(r.sec), '%Y-%m-%dT%H:%M:%SZ'), ($1 - r.sec > 3 * r.cadence)::VARCHAR
			FROM holds h, (SELECT max(sec) AS sec, any_value(cadence) AS cadence FROM readings WHERE provider = $2 AND market = $3 AND sec <= $1) r
			WHERE h.provider = $2 AND h.market = $3 AND h.sec <= $1 AND $1 < h.until`, at, s.name, s.market)
		q.compare(fmt.Sprint("the market of ", s.name, ", ", s.market, " at ", stamp(at)), want, got)
		listed += len(got)
	}
	q.Logf("%d questions for a market: %d offers", marketQuestions, listed)
}

func (q *quiz) compare(what string, want, got []string) {
	q.Helper()
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		q.Fatalf("%s:\nSQL says\n%s\nthe program says\n%s", what, strings.Join(want[:min(len(want), 20)], "\n"), strings.Join(got[:min(len(got), 20)], "\n"))
	}
}

// histories asks for the changes of one offer.
func (q *quiz) histories() {
	q.Helper()
	series := q.duck.lines(q.T, `SELECT series_id, min(sec)::VARCHAR FROM seen GROUP BY series_id ORDER BY md5(series_id)`)
	const query = `query($id: ID!, $at: Time!, $from: Time, $to: Time) { offer(id: $id, asOf: $at) { history(from: $from, to: $to, first: 5000) { at price { amount } withdrawn } } }`
	points := 0
	for i := range historyQuestions {
		parts := strings.Split(series[i], " | ")
		var first int64
		if _, err := fmt.Sscan(parts[1], &first); err != nil {
			q.Fatal(err)
		}
		from := first + q.random.Int64N(200*24*3600) - 100*24*3600
		to := from + q.random.Int64N(400*24*3600)
		var answer struct {
			Offer *struct {
				History []struct {
					At        string
					Price     struct{ Amount string }
					Withdrawn bool
				}
			}
		}
		q.program.ask(q.T, query, map[string]any{"id": parts[0], "at": stamp(first), "from": stamp(from), "to": stamp(to)}, &answer)
		if answer.Offer == nil {
			q.Fatalf("%s was not listed when it was first seen, %s", parts[0], stamp(first))
		}
		var got []string
		for _, h := range answer.Offer.History {
			got = append(got, fmt.Sprintf("%s | %s | %v", strings.Replace(h.At, ".000Z", "Z", 1), h.Price.Amount, h.Withdrawn))
		}
		want := q.duck.lines(q.T, `WITH mine AS (
				SELECT sec, CASE unit WHEN 'gpu_hour' THEN half_even(units(price) * (gpu_count * 8)::BIGINT, 8000) ELSE half_even(units(price), 1000) END AS price, price AS listed, until, lag(price) OVER w AS before, lag(until) OVER w AS ended
				FROM holds WHERE series_id = $1 WINDOW w AS (ORDER BY sec)),
			changes AS (
				SELECT sec, price, false AS withdrawn FROM mine WHERE before IS NULL OR before <> listed OR ended < sec
				UNION ALL SELECT until, price, true FROM mine WHERE until < 9000000000 AND until NOT IN (SELECT sec FROM mine)
				UNION ALL SELECT until, price, true FROM mine m WHERE until < 9000000000 AND until < coalesce((SELECT min(sec) FROM mine n WHERE n.sec > m.sec), 0) AND until IN (SELECT sec FROM mine))
			SELECT strftime(to_timestamp(sec), '%Y-%m-%dT%H:%M:%SZ'), rtrim(rtrim(printf('%.6f', price / 1000000), '0'), '.'), withdrawn::VARCHAR FROM changes WHERE sec >= $2 AND sec < $3`, parts[0], from, to)
		q.compare("the history of "+parts[0], want, got)
		points += len(got)
	}
	q.Logf("%d questions for a history: %d points", historyQuestions, points)
}

// indices asks for an index in dollars, of what is listed in dollars.
func (q *quiz) indices() {
	q.Helper()
	q.duck.run(q.T, `CREATE TABLE reigns AS SELECT provider, market, sec AS since, least(coalesce(next, 9000000000), sec + 3 * cadence + 1) AS until FROM readings`)
	models := q.duck.lines(q.T, `SELECT gpu_model, market, collection, min(sec)::VARCHAR, max(sec)::VARCHAR FROM seen
		WHERE gpu_model IS NOT NULL AND market <> 'UNKNOWN' AND market <> 'RESERVED' GROUP BY ALL HAVING bool_and(currency = 'USD') ORDER BY ALL`)
	const query = `query($gpu: String!, $collection: String!, $market: Market!, $from: Time!, $to: Time!, $step: Duration!) { index(gpu: $gpu, filter: {collections: [$collection], markets: [$market]},
		from: $from, to: $to, step: $step) { kind points { at min p25 median p75 max offers providers coverage } } }`
	steps, observed := map[string]int64{"PT6H": 6 * 3600, "P1D": 86_400, "P7D": 7 * 86_400}, 0
	for range indexQuestions {
		parts := strings.Split(models[q.random.IntN(len(models))], " | ")
		var first, last int64
		if _, err := fmt.Sscan(parts[3]+" "+parts[4], &first, &last); err != nil {
			q.Fatal(err)
		}
		name := slices.Sorted(maps.Keys(steps))[q.random.IntN(len(steps))]
		step := steps[name]
		from := (first - 3*step + q.random.Int64N(last-first+6*step))
		to := from + step*(1+q.random.Int64N(12))
		got := q.program.index(q.T, query, map[string]any{"gpu": parts[0], "collection": parts[2], "market": parts[1], "from": stamp(from), "to": stamp(to), "step": name})
		want := q.duck.lines(q.T, `WITH steps AS (SELECT unnest(range($1::BIGINT // $3::BIGINT * $3::BIGINT, $2::BIGINT, $3::BIGINT)) AS step),
			seen_in AS (SELECT provider, step, greatest(since, step) AS since, least(until, step + $3::BIGINT) AS until FROM reigns, steps WHERE market = $5 AND since < step + $3::BIGINT AND until > step),
			listed AS (SELECT s.step, s.provider, h.series_id, any_value(h.provider_kind) AS kind, arg_max(CASE h.unit WHEN 'gpu_hour' THEN half_even(units(h.price), 1000) ELSE half_even(units(h.price) * 8, 1000 * (h.gpu_count * 8)::BIGINT) END, least(s.until, h.until)) AS price
				FROM seen_in s JOIN holds h ON h.provider = s.provider AND h.market = $5 AND h.gpu_model = $4 AND h.collection = $6 AND h.sec < s.until AND h.until > s.since GROUP BY s.step, s.provider, h.series_id),
			fresh AS (SELECT provider, step, sum(until - since) AS seconds FROM seen_in GROUP BY ALL),
			shares AS (SELECT kind, step, sum(seconds) / (count(*) * $3::BIGINT) AS coverage FROM (SELECT DISTINCT kind, step, provider FROM listed) JOIN fresh USING (provider, step) GROUP BY kind, step),
			spread AS (SELECT kind, step, list_sort(list(price)) AS p, count(*) AS n, count(DISTINCT provider) AS providers FROM listed GROUP BY ALL)
			SELECT kind, strftime(to_timestamp(step), '%Y-%m-%dT%H:%M:%SZ'), `+quartiles()+`, n::VARCHAR, providers::VARCHAR, printf('%.9f', least(coverage, 1)::DOUBLE)
			FROM spread JOIN shares USING (kind, step)`, from, to, step, parts[0], parts[1], parts[2])
		q.compare(fmt.Sprint("the index of ", parts[:3], " from ", stamp(from), " to ", stamp(to), " by ", name), want, got)
		observed += len(got)
	}
	q.Logf("%d questions for an index: %d steps with prices", indexQuestions, observed)
}

func quartiles() string {
	var out []string
	for quarter := range 5 {
		out = append(out, fmt.Sprintf("rtrim(rtrim(printf('%%.6f', p[(len(p) - 1) * %d // 4 + 1] / 1000000), '0'), '.')", quarter))
	}
	return strings.Join(out, ", ")
}
