#!/bin/sh
# Fetches the pieces of GraphiQL from npm and packs them. `make graphiql` runs it when a version here changes.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fetch() { # package@version, file in the package, name here
	(cd "$work" && rm -rf package && npm pack --silent "$1" >/dev/null && tar xzf ./*.tgz && rm ./*.tgz)
	grep -v sourceMappingURL "$work/package/$2" | gzip -9 -n >"$3.gz"
}
fetch graphiql@4.1.2 graphiql.min.js graphiql.js
fetch graphiql@4.1.2 graphiql.min.css graphiql.css
fetch react@18.3.1 umd/react.production.min.js react.js
fetch react-dom@18.3.1 umd/react-dom.production.min.js react-dom.js
