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
//	{provider}:changes     stream  <seq>-0: what one run changed                to changesKept         never
//	{provider}:lock        string  who reads the provider now (not embedded)    -                      with the lock
//	{fx}:rates             hash    source|day -> rates, JSON, never changed     one field a day        never
type keys struct{ prefix string }

// The lengths of what is capped.
const (
	runsKept     = 200
	changesKept  = 1000
	doneKept     = 1000
	rejectedKept = 1000
)

const ratesKey = "{fx}:rates"

func keysOf(provider string) keys { return keys{"{" + provider + "}:"} }

func (k keys) meta() string     { return k.prefix + "meta" }
func (k keys) done() string     { return k.prefix + "done" }
func (k keys) offers() string   { return k.prefix + "offers" }
func (k keys) sheets() string   { return k.prefix + "sheets" }
func (k keys) runs() string     { return k.prefix + "runs" }
func (k keys) rejected() string { return k.prefix + "rejected" }
func (k keys) held() string     { return k.prefix + "held" }
func (k keys) changes() string  { return k.prefix + "changes" }
func (k keys) lock() string     { return k.prefix + "lock" }
