// The reference for a start: the least that takes an alert over Fastify and keeps it in Postgres.
import Fastify from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
pool.on('error', () => undefined);
await pool.query('create table if not exists alerts (id bigserial primary key, body json not null)');
const server = Fastify();
server.post('/api/v1/webhooks/alertmanager', async (request, reply) => {
  await pool.query('insert into alerts (body) values ($1)', [JSON.stringify(request.body)]);
  return reply.code(202).send({ accepted: request.body.alerts.length });
});
await server.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
