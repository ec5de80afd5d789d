// Follows a GraphQL subscription with a client that others have written, and prints what it is given, one JSON object a line. When the
// connection breaks it comes back and goes on after the last thing it was given.
//
//   node follow.mjs graphql-ws|graphql-sse URL DOCUMENT CURSOR [AFTER]
//
// DOCUMENT has a variable $after. CURSOR is where the cursor stands in the data, as in offerChanged.cursor.
import { createClient as createSocketClient } from 'graphql-ws';
import { createClient as createEventsClient } from 'graphql-sse';
import WebSocket from 'ws';

const [kind, url, query, path, after] = process.argv.slice(2);

// How long to wait before coming back; the servers are on this machine.
const wait = () => new Promise((resolve) => setTimeout(resolve, 20));

const clients = {
  'graphql-ws': () =>
    createSocketClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, retryAttempts: 1e6, retryWait: wait, shouldRetry: () => true }),
  'graphql-sse': () => createEventsClient({ url, retryAttempts: 1e6, retry: wait }),
};

// The clients send the request anew when they come back, so that the cursor can be moved on in it.
const variables = { after: after || null };

clients[kind]().subscribe(
  { query, variables },
  {
    next(result) {
      if (result.errors) {
        console.log(JSON.stringify({ errors: result.errors }));
        return;
      }
      variables.after = path.split('.').reduce((value, name) => value[name], result.data);
      console.log(JSON.stringify(result.data));
    },
    error(errors) {
      console.log(JSON.stringify({ errors }));
    },
    complete() {
      console.log(JSON.stringify({ complete: true }));
    },
  },
);

process.stdin.on('end', () => process.exit(0)).resume();
