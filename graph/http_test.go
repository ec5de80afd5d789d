package graph_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestHTTP(t *testing.T) {
	const graphqlJSON, plainJSON = "application/graphql-response+json", "application/json"
	get := func(parameters ...string) string {
		q := url.Values{}
		for i := 0; i < len(parameters); i += 2 {
			q.Set(parameters[i], parameters[i+1])
		}
		return "/graphql?" + q.Encode()
	}
	cases := map[string]struct {
		reason  string
		method  string
		target  string
		body    string
		headers map[string]string
		status  int
		media   string
		says    string
	}{
		"get":                    {"queries may be read from the address", "GET", get("query", `{ __typename }`), "", nil, 200, plainJSON, `{"data":{"__typename":"Query"}}`},
		"get variables":          {"numbers in the address stay whole", "GET", get("query", `query($n: Int) { offers(first: $n) { totalCount } }`, "variables", `{"n": 1}`), "", nil, 200, plainJSON, `{"data":{"offers":{"totalCount":11}}}`},
		"get operation":          {"one of two operations by name", "GET", get("query", `query A { a: __typename } query B { b: __typename }`, "operationName", "B"), "", nil, 200, plainJSON, `{"data":{"b":"Query"}}`},
		"get mutation":           {"a link must not change anything", "GET", get("query", `mutation { scrape(provider: "alpha") { error } }`), "", nil, 405, plainJSON, `a mutation must be sent by POST`},
		"get nothing":            {"without a query there is nothing to do", "GET", "/graphql", "", nil, 400, plainJSON, `query: expected a GraphQL document`},
		"get bad variables":      {"variables are an object", "GET", get("query", `{ __typename }`, "variables", `[1]`), "", nil, 400, plainJSON, `variables: expected a JSON object, got array`},
		"get bad extensions":     {"extensions are an object", "GET", get("query", `{ __typename }`, "extensions", `x`), "", nil, 400, plainJSON, `extensions: expected a JSON object`},
		"get bad escape":         {"an address that cannot be read", "GET", "/graphql?query=%zz", "", nil, 400, plainJSON, `the address has parameters that cannot be read`},
		"post":                   {"the usual way", "POST", "/graphql", `{"query": "{ __typename }"}`, nil, 200, plainJSON, `{"data":{"__typename":"Query"}}`},
		"post charset":           {"UTF-8 is what JSON is in", "POST", "/graphql", `{"query": "{ __typename }"}`, map[string]string{"Content-Type": "application/json; charset=UTF-8"}, 200, plainJSON, `data`},
		"post latin":             {"no other charset is read", "POST", "/graphql", `{"query": "{ __typename }"}`, map[string]string{"Content-Type": "application/json; charset=latin1"}, 415, plainJSON, `Content-Type: expected application/json`},
		"post null variables":    {"null is none", "POST", "/graphql", `{"query": "{ __typename }", "variables": null, "operationName": null, "extensions": {}}`, nil, 200, plainJSON, `data`},
		"post whole numbers":     {"a whole number stays whole", "POST", "/graphql", `{"query": "query($n: Int, $x: Float) { offers(first: $n, filter: {minGpuCount: $x}) { totalCount } }", "variables": {"n": 3, "x": 8}}`, nil, 200, plainJSON, `{"data":{"offers":{"totalCount":4}}}`},
		"post nothing":           {"a body must be there", "POST", "/graphql", ``, nil, 400, plainJSON, `the body: expected a JSON object`},
		"post no query":          {"a query must be there", "POST", "/graphql", `{}`, nil, 400, plainJSON, `query: expected a GraphQL document`},
		"post number as query":   {"a query is text", "POST", "/graphql", `{"query": 1}`, nil, 400, plainJSON, `query: expected a string, got number`},
		"post list of queries":   {"batches would multiply the cost of a request", "POST", "/graphql", `[{"query": "{ __typename }"}]`, nil, 400, plainJSON, `the body: expected a JSON object, got array`},
		"post text variables":    {"variables are an object", "POST", "/graphql", `{"query": "{ __typename }", "variables": "x"}`, nil, 400, plainJSON, `variables: expected an object, got string`},
		"post junk behind":       {"one request, one object", "POST", "/graphql", `{"query": "{ __typename }"} {"secret": 1}`, nil, 400, plainJSON, `the body: expected nothing after the JSON object`},
		"post no JSON":           {"what is refused is not repeated", "POST", "/graphql", `{"query": secret`, nil, 400, plainJSON, `the body: expected a JSON object`},
		"post form":              {"any page can send a form", "POST", "/graphql", `query=mutation`, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, 415, plainJSON, `BAD_USER_INPUT`},
		"post text":              {"any page can send text", "POST", "/graphql", `{"query": "{ __typename }"}`, map[string]string{"Content-Type": "text/plain"}, 415, plainJSON, `BAD_USER_INPUT`},
		"post multipart":         {"any page can send a multipart form", "POST", "/graphql", `x`, map[string]string{"Content-Type": "multipart/form-data; boundary=x"}, 415, plainJSON, `BAD_USER_INPUT`},
		"post of another site":   {"browsers say where a request comes from", "POST", "/graphql", `{"query": "{ __typename }"}`, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, plainJSON, `FORBIDDEN`},
		"post of another origin": {"older ones say it so", "POST", "/graphql", `{"query": "{ __typename }"}`, map[string]string{"Origin": "https://evil.example"}, 403, plainJSON, `FORBIDDEN`},
		"post of this origin":    {"our own pages may", "POST", "/graphql", `{"query": "{ __typename }"}`, map[string]string{"Origin": "http://example.com"}, 200, plainJSON, `data`},
		"too large":              {"no query is that long", "POST", "/graphql", `{"query": "` + strings.Repeat(" ", 1<<20) + `"}`, nil, 413, plainJSON, `the request is larger than 1048576 bytes`},
		"too many tokens":        {"no query has so many words", "POST", "/graphql", `{"query": "{` + strings.Repeat(" a", 3000) + `}"}`, nil, 200, plainJSON, `exceeded token limit of 2000`},
		"options":                {"what may be asked", "OPTIONS", "/graphql", "", nil, 204, "", ``},
		"put":                    {"nothing is put", "PUT", "/graphql", `{}`, nil, 405, plainJSON, `expected GET or POST`},
		"modern error":           {"a query that cannot be run is 400 to those who know the media type", "POST", "/graphql", `{"query": "{ nothing }"}`, map[string]string{"Accept": graphqlJSON}, 400, graphqlJSON, `GRAPHQL_VALIDATION_FAILED`},
		"modern bad variable":    {"a variable that cannot be read too", "POST", "/graphql", `{"query": "query($n: Int) { offers(first: $n) { totalCount } }", "variables": {"n": "x"}}`, map[string]string{"Accept": graphqlJSON}, 400, graphqlJSON, `BAD_USER_INPUT`},
		"modern field error":     {"a field's error is an answer", "POST", "/graphql", `{"query": "{ offers(first: -1) { totalCount } }"}`, map[string]string{"Accept": graphqlJSON}, 200, graphqlJSON, `"data":null`},
		"old error":              {"and 200 to those who do not", "POST", "/graphql", `{"query": "{ nothing }"}`, nil, 200, plainJSON, `GRAPHQL_VALIDATION_FAILED`},
		"prefers":                {"the better liked of two", "GET", get("query", `{ __typename }`), "", map[string]string{"Accept": graphqlJSON + ";q=0.5, " + plainJSON}, 200, plainJSON, `data`},
		"first of two":           {"the first of two liked alike", "GET", get("query", `{ __typename }`), "", map[string]string{"Accept": graphqlJSON + ", " + plainJSON}, 200, graphqlJSON, `data`},
		"takes anything":         {"a browser", "GET", get("query", `{ __typename }`), "", map[string]string{"Accept": "text/html, */*;q=0.8"}, 200, plainJSON, `data`},
		"takes only HTML":        {"there is none", "GET", get("query", `{ __typename }`), "", map[string]string{"Accept": "text/html"}, 406, plainJSON, `Accept: expected`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
			if c.method == http.MethodPost {
				r.Header.Set("Content-Type", "application/json")
			}
			for k, v := range c.headers {
				r.Header.Set(k, v)
			}
			got := httptest.NewRecorder()
			newWorld(t).handler.ServeHTTP(got, r)
			if got.Code != c.status || !strings.Contains(got.Body.String(), c.says) || !strings.HasPrefix(got.Header().Get("Content-Type"), c.media) {
				t.Errorf("%s: %d %s %.300s", c.reason, got.Code, got.Header().Get("Content-Type"), got.Body)
			}
			if c.status >= 400 && (!strings.Contains(got.Body.String(), `"code":`) || strings.Contains(got.Body.String(), "secret") || strings.Contains(got.Body.String(), `"data"`)) {
				t.Errorf("an error has a code, repeats nothing and has no data: %s", got.Body)
			}
		})
	}
}

func TestIntrospectionIsServed(t *testing.T) {
	type answer struct {
		Schema struct{ Types []struct{ Name string } } `json:"__schema"`
	}
	if got := ask[answer](newWorld(t), `{ __schema { types { name fields { name description args { name type { name ofType { name } } } } } } }`, nil); len(got.Schema.Types) < 30 {
		t.Errorf("%d types", len(got.Schema.Types))
	}
}
