# Two commands are enough: `make run` and `make test`. `make help` lists the rest.
GO      ?= go
BIN     := bin/gpuhour
LINT    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
PACKAGES := redis-server g++ nodejs npm

export CGO_CFLAGS := -Wno-deprecated-declarations

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

.PHONY: build
build: ## build bin/gpuhour, without cgo
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN) .

.PHONY: agent
agent: ## build bin/gpuhour-agent, the same program with cgo, which `gpuhour agent` needs to ask NVML: for glibc, on Linux
	CGO_ENABLED=1 $(GO) build -trimpath -ldflags='-extldflags=-Wl,-z,lazy' -o bin/gpuhour-agent .

.PHONY: run
run: build ## build, read every source, serve on http://127.0.0.1:8080
	$(BIN) serve

.PHONY: demo
demo: build ## the same over the repository's own sample pages: needs no network, every offer is marked as sample data
	$(BIN) serve --sample --replay scrapers/testdata --data-dir data/demo

.PHONY: test
test: packages clients lint generated ## everything the tests need, and the tests
	CGO_ENABLED=0 $(GO) build ./...
	cd oracle && $(GO) test -count=1 ./...
	CI=$${CI:-true} $(GO) test -race -shuffle=on ./...

.PHONY: lint
lint: ## formatting, vet and the linters of .golangci.yml
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(LINT) run ./...
	cd oracle && $(GO) vet ./...

.PHONY: generated
generated: ## generated code and go.mod are as they would be made anew
	$(GO) generate ./...
	$(GO) mod tidy -diff
	cd oracle && $(GO) mod tidy -diff
	@git diff --exit-code -- graph || { echo "generated code was not up to date"; exit 1; }

.PHONY: fuzz
fuzz: ## fuzz every parser, and the arithmetic of prices, for half a minute each
	$(GO) test -fuzz 'FuzzParse$$' -fuzztime 30s -fuzzminimizetime 10x ./scrapers
	$(GO) test -fuzz FuzzRates -fuzztime 30s ./scrapers
	$(GO) test -fuzz FuzzIdentify -fuzztime 30s ./market
	$(GO) test -fuzz FuzzParseAmount -fuzztime 30s ./market
	$(GO) test -fuzz FuzzFraction -fuzztime 30s ./market
	$(GO) test -fuzz FuzzParseLine -fuzztime 30s -fuzzminimizetime 10x ./export
	$(GO) test -fuzz FuzzParse -fuzztime 30s -fuzzminimizetime 10x ./mapping
	$(GO) test -fuzz FuzzReadCommand -fuzztime 30s ./store
	$(GO) test -fuzz FuzzTarget -fuzztime 30s ./alerts
	$(GO) test -fuzz FuzzDecimal -fuzztime 30s ./graph/scalar
	$(GO) test -fuzz FuzzCursor -fuzztime 30s ./graph
	$(GO) test -fuzz FuzzAlertRule -fuzztime 30s -fuzzminimizetime 10x ./graph
	$(GO) test -fuzz FuzzTapeCursor -fuzztime 30s ./market

.PHONY: soak
soak: packages clients ## kill the server and its Redis 200 times while alerts are told
	GPUHOUR_KILLS=200 CI=true $(GO) test -count=1 -run TestAlertsSurvive -timeout 60m -v .

.PHONY: bench
bench: packages ## measure, with the comparisons in the same run
	( $(GO) test -run '^$$' -bench . -benchmem ./market ./store ./export ./graph ./alerts . && cd oracle && $(GO) test -run '^$$' -bench . ./... ) | awk '{print} \
	  $$1 ~ /^Benchmark.*\// {split($$1, n, "/"); sub(/-[0-9]+$$/, "", $$1); n[2] = substr($$1, length(n[1]) + 2); if (n[1] != group) {group = n[1]; what = n[2]; base = $$3} \
	  else ratio[++k] = sprintf("%-28s %s takes %.2f x %s", group, what, base / $$3, n[2])} \
	  END {print "\nratios"; for (i = 1; i <= k; i++) print ratio[i]}'

.PHONY: graphiql
graphiql: ## fetch and pack the pieces of GraphiQL anew
	web/graphiql/update.sh

# The clients of others that the tests follow subscriptions with, as testdata/clients/package-lock.json pins them.
.PHONY: clients
clients: packages
	cd testdata/clients && npm ci --no-audit --no-fund --loglevel=error

# The packages the tests need, from Debian. Without the rights to install them it says what to ask for.
.PHONY: packages
packages:
	@missing=""; for p in $(PACKAGES); do command -v $$p >/dev/null || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq $$missing; \
	elif sudo -n true 2>/dev/null; then sudo apt-get update -qq && sudo apt-get install -y -qq $$missing; \
	else echo "the tests need Debian packages; ask somebody who may to run: apt-get install$$missing"; exit 1; fi
