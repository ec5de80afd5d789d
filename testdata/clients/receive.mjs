// Receives webhooks, verifies each with the Standard Webhooks library, and prints it, one JSON object a line. Every so often it fails first.
//
//   node receive.mjs SECRETS
//
// SECRETS is a file of secrets, one a line; a webhook must verify with one of them. The first line it prints is its port.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';

const [secrets] = process.argv.slice(2);
const seen = new Map();

function verified(body, headers) {
  return readFileSync(secrets, 'utf8')
    .split('\n')
    .filter(Boolean)
    .some((secret) => {
      try {
        new Webhook(secret).verify(body, headers);
        return true;
      } catch {
        return false;
      }
    });
}

// Of some webhooks the first attempt is answered with an error, or not at all.
function fails(id, attempt) {
  return attempt === 1 && Number(id.slice(-2)) % 9 === 0;
}

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (part) => (body += part));
  request.on('end', () => {
    const id = request.headers['webhook-id'];
    const attempt = (seen.get(id) ?? 0) + 1;
    seen.set(id, attempt);
    const failing = fails(id, attempt);
    console.log(JSON.stringify({ id, attempt, failing, verified: verified(body, request.headers), body: JSON.parse(body) }));
    if (failing && Number(id.slice(-2)) % 2) {
      request.socket.destroy();
      return;
    }
    response.writeHead(failing ? 500 : 204).end();
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
