// A webhook receiver that keeps every request as a file: `node receiver.mjs FOLDER PORT`. `?code=503` in the URL chooses the answer;
// without it Fixpoint's own paths answer 202 and others 200.
import fs from 'node:fs';
import http from 'node:http';

const [folder, port] = process.argv.slice(2);
if (!folder || !port) {
  console.error('usage: receiver.mjs FOLDER PORT');
  process.exit(2);
}
fs.mkdirSync(folder, { recursive: true });
let count = 0;

function keep(request, raw) {
  count += 1;
  let body = raw;
  try {
    body = JSON.parse(raw);
  } catch {
    // Not JSON: the text itself is kept.
  }
  const { method, url, headers, rawHeaders, httpVersion } = request;
  const record = {
    n: count,
    receivedAt: new Date().toISOString(),
    method,
    url,
    httpVersion,
    headers,
    rawHeaders,
    raw,
    body,
  };
  const name = `${String(count).padStart(3, '0')}${url.replace(/[^a-z0-9]+/gi, '_')}.json`;
  fs.writeFileSync(`${folder}/${name}`, JSON.stringify(record, null, 2));
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    keep(request, Buffer.concat(chunks).toString('utf8'));
    const code = /[?&]code=(\d{3})/.exec(request.url)?.[1] ?? (request.url.startsWith('/api/') ? '202' : '200');
    response.writeHead(Number(code), { 'content-type': 'application/json' });
    response.end(`{"ok":true,"event_id":"evt-${count}"}`);
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log('listening', server.address().port));
