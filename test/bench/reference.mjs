// References that run in a process of their own, as the subject does: `insert` is what one durable row costs through node-pg, `http` the
// least that a server which reads JSON can cost.
import { createServer } from 'node:http';
import pg from 'pg';

const [kind] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint()) / 1e6;

async function insert() {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query('create table if not exists bench_insert (id bigserial primary key, payload text not null)');
  const statement = {
    name: 'insert',
    text: 'insert into bench_insert (payload) values ($1)',
    values: ['x'.repeat(100)],
  };
  answer({
    async measure({ seconds }) {
      const took = [];
      const until = now() + seconds * 1_000;
      while (now() < until) {
        const begin = now();
        await client.query(statement);
        took.push(now() - begin);
      }
      took.sort((a, b) => a - b);
      const mean = took.reduce((sum, value) => sum + value, 0) / took.length;
      return {
        mean,
        p50: took[Math.floor(took.length / 2)],
        p99: took[Math.floor(took.length * 0.99)],
        count: took.length,
      };
    },
  });
  process.send({ ready: {} });
}

async function http() {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const accepted = JSON.parse(Buffer.concat(chunks).toString()).alerts.length;
      const body = JSON.stringify({ accepted });
      response
        .writeHead(202, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
        .end(body);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.send({ ready: { url: `http://127.0.0.1:${server.address().port}/` } });
}

function answer(questions) {
  process.on('message', async ({ id, ask, ...parameters }) => {
    try {
      process.send({ id, value: await questions[ask](parameters) });
    } catch (error) {
      process.send({ id, error: error.stack });
    }
  });
}

await { insert, http }[kind]();
