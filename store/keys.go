package store

import "fmt"

// The keys, all of them. A provider's keys carry its id as hash tag, so that whatever one commit touches lies in one slot of a
// Redis Cluster.
//
//	key                    type    holds                                        grows                  expires
//	{provider}:meta        hash    seq, fence, slot                             -                      never
//	{provider}:done        list    ids of committed runs, newest first          to doneKept            never
//	{provider}:offers      hash    offer id -> offer, JSON                      with the offers        never
//	{provider}:sheets      hash    sheet -> its state, JSON                     one field a sheet      never
//	{provider}:runs        list    runs, JSON, newest first                     to runsKept            never
//	{provider}:rejected    hash    sheet -> rows of its latest document, JSON   to rejectedKept each   never
//	{provider}:held        hash    sheet -> the run in quarantine, JSON         one field a sheet      never
//	{provider}:past        hash    offer id -> offer as it was when withdrawn   with the offers        never
//	{provider}:history     hash    offer id -> its latest changes, a stream;    to chunkBytes each     never
//	                               "sheet:" and a name -> its latest runs
//	{provider}:chunks      hash    the same -> how many chunks are sealed       with the history       never
//	{provider}:sealed      hash    "<the same> <n>" -> chunk n                  with the history       never
//	{provider}:proofs      hash    "<sheet> <seconds>" -> what a run that       one a run that         never
//	                               changed something was read from, JSON        changed something
//	{provider}:changes     stream  <seq>-0: what one run changed                to changesKept         never
//	{provider}:lock        string  who reads the provider now (not embedded)    -                      with the lock
//	{collections}:known    hash    provider@collection -> it, JSON              one field a provider   never
//	{fx}:rates             hash    source|day -> rates, JSON, never changed     one field a day        never
//	{fx}:complete          hash    source -> the day up to which all is known   one field a source     never
//	{alerts}:meta          hash    fence, and the counters: rules made,         -                      never
//	                               edits, events, dead; first: the oldest event
//	{alerts}:lock          string  who judges now (not embedded)                -                      with the lock
//	{alerts}:rules         hash    rule -> it, JSON                             to rulesKept           never
//	{alerts}:versions      hash    rule -> how often it was written             with the rules         never
//	{alerts}:silences      hash    rule -> until when it is silent              with the rules         never
//	{alerts}:states        hash    rule -> how its subjects stand, JSON         with the rules         never
//	{alerts}:closed        hash    "<rule> <digest of a target>" -> since when  with 410 answers       with the rule
//	{alerts}:edits         stream  <n>-0: the rule that was edited              to editsKept           never
//	{alerts}:places        hash    provider -> the last commit judged           one field a provider   never
//	{alerts}:standings:<n> hash    "<rule> <subject>" -> how it stands, JSON;   with the subjects      never
//	                               of every standingBuckets-th rule
//	{alerts}:done          list    ids of judgements, newest first              to judgedKept          never
//	{alerts}:answers       hash    id of a judgement -> the numbers it got      to judgedKept          never
//	{alerts}:events        hash    n -> "<number> <rule> <targets> " and the    to eventsKept, and     never
//	                               n-th event, JSON                             what others hold
//	{alerts}:numbers       hash    "<rule> <number>" -> n                       to eventsKept          never
//	{alerts}:counts        hash    rule -> how many events it ever had          with rules and events  never
//	{alerts}:gone          hash    rule -> how many of them are gone            with rules and events  never
//	{alerts}:open          hash    n -> deliveries that may still be sent       with the events        never
//	{alerts}:deliveries    hash    delivery -> it, JSON                         with the events        never
//	{alerts}:attempts      hash    delivery -> how often it was tried           with the events        never
//	{alerts}:claimed       hash    delivery -> the attempt that is being made   what is being sent     never
//	{alerts}:due           zset    delivery by the time, in ms, when it is to   what is not finished   never
//	                               be tried, or to be taken from who tries it
//	{alerts}:dead          zset    delivery in the order in which they failed   to deadKept            never
//	{fleet}:meta           hash    changes: how often a host changed            -                      never
//	{fleet}:epochs         hash    host -> the last epoch that it was given     to hostsKept           never
//	{fleet}:places         hash    host -> "<epoch> <seq>" of its last report   with the hosts         never
//	{fleet}:hosts          hash    host -> it, JSON                             with the hosts         with ForgetHost
//	{fleet}:changes        stream  <n>-0: the host that reported; empty where   to hostChangesKept     never
//	                               all must be read again
//	{fleet}:holds          hash    host or UUID of a card -> why it is held     with the holds         with the hold
//	{fleet}:prices         hash    catalogue id -> price of a card-hour, JSON   with the catalogue     never
//	{fleet}:tokens         hash    host -> SHA-256 of its tokens, newest first  2 a host               with RevokeAgents
//	{fleet}:bearers        hash    SHA-256 of a token -> host                   2 a host               with RevokeAgents
//	{fleet}:latest         hash    kind of card -> "<minute last seen> <minute  one field a kind       with the cards
//	                               last written> <capacity>"
//	{fleet}:capacity:<kind> hash   day -> a line a minute that changed it       to capacityDays, of    after capacityDays
//	                                                                            45 KB at most each
type keys struct{ prefix string }

// The lengths of what is capped.
const (
	runsKept     = 200
	changesKept  = 1000
	doneKept     = 1000
	rejectedKept = 1000
	// chunkBytes is the length after which a stream of changes is sealed, and the next one begun.
	chunkBytes = 4096
	rulesKept  = 200_000
	editsKept  = 1000
	judgedKept = 1000
	eventsKept = 100_000
	deadKept   = 10_000
	hostsKept  = 10_000
	// hostChangesKept is some two minutes of a thousand hosts that report every 15 s.
	hostChangesKept = 10_000
	capacityDays    = 400
)

const (
	ratesKey     = "{fx}:rates"
	completeKey  = "{fx}:complete"
	collectedKey = "{collections}:known"
)

// The keys of alerts. The first is where Lock keeps the fence.
const (
	alertMetaKey  = "{alerts}:meta"
	rulesKey      = "{alerts}:rules"
	versionsKey   = "{alerts}:versions"
	silencesKey   = "{alerts}:silences"
	statesKey     = "{alerts}:states"
	closedKey     = "{alerts}:closed"
	editsKey      = "{alerts}:edits"
	placesKey     = "{alerts}:places"
	judgedKey     = "{alerts}:done"
	answersKey    = "{alerts}:answers"
	eventsKey     = "{alerts}:events"
	numbersKey    = "{alerts}:numbers"
	countsKey     = "{alerts}:counts"
	goneKey       = "{alerts}:gone"
	openKey       = "{alerts}:open"
	deliveriesKey = "{alerts}:deliveries"
	attemptsKey   = "{alerts}:attempts"
	claimedKey    = "{alerts}:claimed"
	dueKey        = "{alerts}:due"
	deadKey       = "{alerts}:dead"
	standingsKeys = "{alerts}:standings"
)

// The keys of our own cards.
const (
	fleetMetaKey    = "{fleet}:meta"
	epochsKey       = "{fleet}:epochs"
	reportPlacesKey = "{fleet}:places"
	hostsKey        = "{fleet}:hosts"
	hostChangesKey  = "{fleet}:changes"
	holdsKey        = "{fleet}:holds"
	fleetPricesKey  = "{fleet}:prices"
	tokensKey       = "{fleet}:tokens"
	bearersKey      = "{fleet}:bearers"
	latestKey       = "{fleet}:latest"
	capacityKeys    = "{fleet}:capacity"
)

func capacityKey(kind string) string { return capacityKeys + ":" + kind }

// standingBuckets is over how many hashes the standings are spread: a rule that goes takes its own out of one of them, and need not look at
// all the others.
const standingBuckets = 256

func standingsKey(bucket int64) string { return fmt.Sprintf("%s:%d", standingsKeys, bucket) }

func keysOf(provider string) keys { return keys{"{" + provider + "}:"} }

func (k keys) meta() string     { return k.prefix + "meta" }
func (k keys) done() string     { return k.prefix + "done" }
func (k keys) offers() string   { return k.prefix + "offers" }
func (k keys) sheets() string   { return k.prefix + "sheets" }
func (k keys) runs() string     { return k.prefix + "runs" }
func (k keys) rejected() string { return k.prefix + "rejected" }
func (k keys) held() string     { return k.prefix + "held" }
func (k keys) past() string     { return k.prefix + "past" }
func (k keys) history() string  { return k.prefix + "history" }
func (k keys) chunks() string   { return k.prefix + "chunks" }
func (k keys) sealed() string   { return k.prefix + "sealed" }
func (k keys) proofs() string   { return k.prefix + "proofs" }
func (k keys) changes() string  { return k.prefix + "changes" }
func (k keys) lock() string     { return k.prefix + "lock" }
