// Plays scrape targets: `node targets.mjs 29998 29997` are up; `29994=p99_latency_ms:1240` also shows that gauge.
// POST a number to change the gauge while it runs.
import http from 'node:http';

for (const argument of process.argv.slice(2)) {
  const [port, gauge] = argument.split('=');
  const [name, start] = gauge?.split(':') ?? [];
  let value = Number(start);
  const server = http.createServer((request, response) => {
    if (request.method === 'POST') {
      let text = '';
      request.on('data', (chunk) => (text += chunk));
      request.on('end', () => {
        value = Number(text);
        response.end(`${value}\n`);
      });
      return;
    }
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(`# TYPE app_up gauge\napp_up 1\n${name ? `# TYPE ${name} gauge\n${name} ${value}\n` : ''}`);
  });
  server.listen(Number(port), '127.0.0.1');
}
