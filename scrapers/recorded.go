package scrapers

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"
)

// asking is what an answer was asked for with, as an archive has it: keys masked, a body by its digest.
type asking struct{ method, url, body string }

func askingFor(r Request) asking {
	return asking{r.Method, decoded(safeURL(r.URL)), bodyDigest(r.Body)}
}

// keptAnswer is one recorded answer. Its body stays where it is until it is asked for.
type keptAnswer struct {
	at     time.Time
	status int
	place  warcPlace
	used   bool
}

// recordedAnswers are the answers of WARC files that some source may ask for.
type recordedAnswers struct {
	hosts map[string]bool
	// to are the answers by what they were asked for with, in the order of time.
	to map[asking][]*keptAnswer
	// originals are answers by the ids that revisits name them with.
	originals map[string]*keptAnswer
	revisits  []revisit
	// strangers are the answers of hosts that nobody asks.
	strangers int
	notes     notes
}

// revisit is the record of an answer that was the same as another.
type revisit struct {
	asked asking
	at    time.Time
	same  []string
}

// readAnswers reads WARC files, all together. Read is called for every record.
func readAnswers(paths []string, hosts map[string]bool, read func()) (*recordedAnswers, error) {
	r := &recordedAnswers{hosts: hosts, to: map[asking][]*keptAnswer{}, originals: map[string]*keptAnswer{}, notes: notes{}}
	for _, path := range paths {
		if err := r.file(path, read); err != nil {
			return nil, err
		}
	}
	r.resolve()
	for asked, answers := range r.to {
		slices.SortStableFunc(answers, func(a, b *keptAnswer) int { return a.at.Compare(b.at) })
		r.to[asked] = slices.CompactFunc(answers, func(a, b *keptAnswer) bool { return a.at.Equal(b.at) && a.status == b.status })
	}
	return r, nil
}

// wants leaves out records of hosts that nobody asks, and of what is neither request nor answer.
func (r *recordedAnswers) wants(header textproto.MIMEHeader) bool {
	address, err := url.Parse(target(header))
	kind := header.Get("Warc-Type")
	return err == nil && r.hosts[address.Hostname()] && address.Path != "/robots.txt" && (kind == "request" || kind == "revisit" || isAnswer(header))
}

// file reads one file. What its answers were asked for with is known at its end.
func (r *recordedAnswers) file(path string, read func()) error {
	requests := newRequestRecords()
	var found []warcFound
	err := walkWarc(path, r.wants, func(record warcFound) error {
		read()
		if record.block == nil {
			r.stranger(record.header)
		} else if !requests.take(record) {
			status := firstLineOf(record.block)
			found = append(found, warcFound{record.header, status, record.place})
		}
		return nil
	})
	for _, record := range found {
		if problem := r.take(record, requests); problem != nil {
			r.notes.add("answers that cannot be read", target(record.header), problem.Error())
		}
	}
	return err
}

func (r *recordedAnswers) stranger(header textproto.MIMEHeader) {
	if isAnswer(header) && !strings.HasSuffix(target(header), "/robots.txt") {
		r.strangers++
	}
}

// firstLineOf is all that is kept in mind of an answer.
func firstLineOf(block []byte) []byte {
	line, _, _ := bytes.Cut(block, []byte("\n"))
	return bytes.Clone(line[:min(len(line), 200)])
}

// take keeps an answer. Archives without requests are of crawlers, which GET.
func (r *recordedAnswers) take(found warcFound, requests requestRecords) error {
	asked := asking{method: http.MethodGet, url: decoded(safeURL(target(found.header)))}
	if request, known := requests.of(found.header); known {
		asked.method, asked.body = request.method, request.body
	}
	at, err := recordDate(found.header)
	if err != nil {
		return err
	}
	if found.header.Get("Warc-Type") == "revisit" {
		r.revisits = append(r.revisits, revisit{asked, at, sameAs(found.header)})
		return nil
	}
	status, err := statusOf(found.block)
	if err != nil {
		return err
	}
	answer := &keptAnswer{at: at, status: status, place: found.place}
	r.to[asked] = append(r.to[asked], answer)
	for _, name := range namesOf(found.header) {
		r.originals[name] = answer
	}
	return nil
}

func statusOf(line []byte) (int, error) {
	answer, err := http.ReadResponse(bufio.NewReader(strings.NewReader(strings.TrimSpace(string(line))+"\r\n\r\n")), nil)
	if err != nil {
		return 0, fmt.Errorf("response: %w", err)
	}
	return answer.StatusCode, answer.Body.Close()
}

// namesOf are the names that a later revisit may call an answer by; sameAs are those that a revisit does.
func namesOf(header textproto.MIMEHeader) []string {
	at := target(header)
	return slices.Concat(named(header.Get("Warc-Record-Id")), named(at, header.Get("Warc-Date")), named(at, header.Get("Warc-Payload-Digest")))
}

func sameAs(header textproto.MIMEHeader) []string {
	to := strings.Trim(header.Get("Warc-Refers-To-Target-Uri"), "<>")
	return slices.Concat(named(header.Get("Warc-Refers-To")), named(to, header.Get("Warc-Refers-To-Date")), named(target(header), header.Get("Warc-Payload-Digest")))
}

// named is a name of some parts; none where one of them is missing.
func named(parts ...string) []string {
	if slices.Contains(parts, "") {
		return nil
	}
	return []string{strings.Join(parts, " ")}
}

// resolve gives revisits the answers that they name.
func (r *recordedAnswers) resolve() {
	for _, v := range r.revisits {
		i := slices.IndexFunc(v.same, func(name string) bool { return r.originals[name] != nil })
		if i < 0 {
			r.notes.add("records of pages that were as before, which are not in the files", v.asked.url, "recorded at "+v.at.Format(time.RFC3339))
			continue
		}
		original := r.originals[v.same[i]]
		r.to[v.asked] = append(r.to[v.asked], &keptAnswer{at: v.at, status: original.status, place: original.place})
	}
}

// all are the answers to a request, in the order of time. A fragment tells requests apart that differ in their bodies; archives of
// others do not have it.
func (r *recordedAnswers) all(asked asking) []*keptAnswer {
	sent := asked
	sent.url, _, _ = strings.Cut(asked.url, "#")
	if sent == asked || len(r.to[sent]) == 0 {
		return r.to[asked]
	}
	both := slices.Concat(r.to[asked], r.to[sent])
	slices.SortStableFunc(both, func(a, b *keptAnswer) int { return a.at.Compare(b.at) })
	return both
}

// between is the earliest answer to a request in a time; nil where there is none.
func (r *recordedAnswers) between(asked asking, from, until time.Time) *keptAnswer {
	answers := r.all(asked)
	i := sort.Search(len(answers), func(i int) bool { return !answers[i].at.Before(from) })
	if i == len(answers) || !answers[i].at.Before(until) {
		return nil
	}
	tries := triesOf(answers[i:])
	return tries[len(tries)-1]
}

// longestTry is the most time between two tries of one request: the longest wait, and an answer that takes its time.
const longestTry = longestWait + 2*requestTimeout

// triesOf are the answers at the beginning of some that one request got, repeated while the host asked for patience. The last one counts.
func triesOf(answers []*keptAnswer) []*keptAnswer {
	n := 1
	for n < min(mostTries, len(answers)) && worthRetrying(answers[n-1].status) && answers[n].at.Sub(answers[n-1].at) <= longestTry {
		n++
	}
	for _, a := range answers[:n] {
		a.used = true
	}
	return answers[:n]
}

// unasked counts the answers that no source has asked for.
func (r *recordedAnswers) unasked() int {
	n := r.strangers
	for _, answers := range r.to {
		for _, a := range answers {
			if !a.used {
				n++
			}
		}
	}
	return n
}

// response reads an answer again.
func (a *keptAnswer) response(request *http.Request) (*http.Response, error) {
	header, block, err := a.place.read()
	if err != nil {
		return nil, err
	}
	recorded, err := parseAnswer(header, block)
	if err != nil {
		return nil, err
	}
	again := recording{status: recorded.Status, header: recorded.Header, body: func() ([]byte, error) { return recorded.Body, nil }}
	return again.answer(request)
}
