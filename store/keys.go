package store

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
type keys struct{ prefix string }

// The lengths of what is capped.
const (
	runsKept     = 200
	changesKept  = 1000
	doneKept     = 1000
	rejectedKept = 1000
	// chunkBytes is the length after which a stream of changes is sealed, and the next one begun.
	chunkBytes = 4096
)

const (
	ratesKey     = "{fx}:rates"
	completeKey  = "{fx}:complete"
	collectedKey = "{collections}:known"
)

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
