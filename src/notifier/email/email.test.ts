import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import type { Behaviour, Facing } from '../../../test/contract/notifier-suite.js';
import { aNotice, notifierSuite } from '../../../test/contract/notifier-suite.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import { email } from './email.js';

const TLS = join(import.meta.dirname, '../../../test/fixture/tls');
const cert = readFileSync(join(TLS, 'localhost.crt'), 'utf8');
const key = readFileSync(join(TLS, 'localhost.key'), 'utf8');
/** A message bears this date, and its time limit is a real one. */
const TICKING = { ...SYSTEM_CLOCK, now: () => Date.parse('2026-11-21T10:00:00.000Z') };
const USER = 'fixpoint';
const PASSWORD = 'correct-horse-battery';

/** A message as the server got it. */
interface Mail {
  readonly recipients: readonly string[];
  readonly raw: string;
}

interface Running {
  readonly port: number;
  readonly mails: Mail[];
  close(): Promise<void>;
}

function create(port: number, over: Record<string, unknown> = {}) {
  const config = {
    host: '127.0.0.1',
    port,
    from: 'Fixpoint 修复 <fixpoint@example.com>',
    to: 'oncall@example.com',
    ...over,
  };
  return email.create(email.config.parse(config), { clock: TICKING });
}

const LOG_IN = { username: USER, password: PASSWORD, ca: cert };

/** A real SMTP server; `refuse` says what it answers to a recipient, null takes it. */
async function openSmtp(
  options: SMTPServerOptions = {},
  refuse: (address: string) => { code: number; text: string } | null = () => null,
): Promise<Running> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    key,
    cert,
    authOptional: true,
    disableReverseLookup: true,
    onAuth(auth, _session, done) {
      if (auth.username === USER && auth.password === PASSWORD) done(null, { user: USER });
      else done(new Error(`5.7.8 Invalid login for ${auth.username} with ${auth.password}`));
    },
    onRcptTo(recipient, _session, done) {
      const answer = refuse(recipient.address);
      done(answer === null ? null : Object.assign(new Error(answer.text), { responseCode: answer.code }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const recipients = session.envelope.rcptTo.map((recipient) => recipient.address);
        mails.push({ recipients, raw: Buffer.concat(chunks).toString('utf8') });
        done(null, 'queued');
      });
    },
    ...options,
  });
  // A client that leaves in the middle is what some of these tests are about.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return { port, mails, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** A line to answer with, `hang_up`, or null for silence. */
type Reply = { readonly line: string } | 'hang_up' | null;

/** A server that speaks TLS and answers each line of the client as `reply` says; and no more. */
async function openBadSmtp(reply: (line: string) => Reply, greeting = '220 loopback ESMTP') {
  const sockets = new Set<Socket>();
  const seen: string[] = [];
  const server: Server = createTlsServer({ key, cert }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write(`${greeting}\r\n`);
    socket.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString('utf8').split('\r\n').filter(Boolean)) {
        seen.push(line);
        const answer = reply(line);
        if (answer === 'hang_up') socket.destroy();
        else if (answer !== null) socket.write(`${answer.line}\r\n`);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** How a server in trouble answers the lines of a client. */
function replyOf(behaviour: Behaviour): (line: string) => Reply {
  return (line) => {
    if (line.startsWith('EHLO')) return { line: '250-loopback\r\n250 AUTH PLAIN LOGIN' };
    if (line.startsWith('AUTH')) return { line: behaviour === 'broken' ? `454 4.7.0 not now: ${line}` : '235 welcome' };
    if (behaviour === 'busy') return { line: '451 4.7.1 too many messages, come back later' };
    if (behaviour === 'cuts') return 'hang_up';
    return null;
  };
}

async function face(behaviour: Behaviour, timeout: string): Promise<Facing> {
  const secrets = [
    PASSWORD,
    Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64'),
    Buffer.from(PASSWORD).toString('base64'),
  ];
  if (behaviour === 'accepts' || behaviour === 'is_gone') {
    const server = await openSmtp({ authOptional: false });
    if (behaviour === 'is_gone') await server.close();
    return {
      notifier: create(server.port, { ...LOG_IN, timeout }),
      secrets,
      problems: () => [],
      arrived: () => server.mails.length,
      close: () => (behaviour === 'is_gone' ? Promise.resolve() : server.close()),
    };
  }
  const greeting = behaviour === 'talks_nonsense' ? 'HTTP/1.1 400 Bad Request' : undefined;
  const server = await openBadSmtp(replyOf(behaviour), greeting);
  return {
    notifier: create(server.port, { ...LOG_IN, secure: true, timeout }),
    secrets,
    problems: () => [],
    arrived: () => server.seen.filter((line) => line.startsWith('MAIL')).length,
    close: server.close,
  };
}

notifierSuite({ channel: 'email', busy_for_ms: null, knows_nonsense: true, open: face });

describe('email', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function smtp(...options: Parameters<typeof openSmtp>): Promise<Running> {
    const server = await openSmtp(...options);
    closing.push(server.close);
    return server;
  }

  const signal = new AbortController().signal;

  it('carries a Chinese subject, text and HTML whole, from us to those configured', async () => {
    const server = await smtp();

    const result = await create(server.port).send(aNotice(), signal).catch(String);

    expect(result).toMatchObject({ type: 'failed' }); // its certificate is nobody's; mail must not go through unread doubts
    const trusted = await create(server.port, { ca: cert }).send(aNotice(), signal);
    expect(trusted).toEqual({ channel: 'email', type: 'sent', target: 'oncall@example.com' });
    const mail = await PostalMime.parse(server.mails[0]?.raw ?? '');
    expect(mail.subject).toBe(aNotice().subject);
    expect(mail.from).toEqual({ name: 'Fixpoint 修复', address: 'fixpoint@example.com' });
    expect(mail.to).toEqual([{ name: '', address: 'oncall@example.com' }]);
    expect(mail.text?.trimEnd()).toBe(`${aNotice().text}\n${aNotice().link ?? ''}`);
    expect(mail.html?.trim()).toBe('<p>支付网关</p>');
    expect(mail.date).toBe('2026-11-21T10:00:00.000Z');
    expect(server.mails[0]?.raw).toMatch(/^Auto-Submitted: auto-generated\r?$/m);
  });

  it('gives every attempt of a notice one Message-ID, in the domain of the sender', async () => {
    const server = await smtp();
    const notifier = create(server.port, { ca: cert });

    await notifier.send(aNotice(), signal);
    await notifier.send(aNotice(), signal);
    await notifier.send(aNotice({ notice_id: 'another' }), signal);

    const ids = await Promise.all(server.mails.map(async (mail) => (await PostalMime.parse(mail.raw)).messageId));
    expect(ids[0]).toBe('<01KAJ000000000000000000001-7@example.com>');
    expect(ids).toEqual([ids[0], ids[0], '<another@example.com>']);
  });

  it('lets a notice name its own recipients, each once', async () => {
    const server = await smtp();

    await create(server.port, { ca: cert }).send(
      aNotice({ recipients: ['a@example.com', 'b@example.com', 'a@example.com'] }),
      signal,
    );

    expect(server.mails[0]?.recipients).toEqual(['a@example.com', 'b@example.com']);
  });

  it('tells which recipients were refused for good, beside those who have it', async () => {
    const server = await smtp({}, (address) =>
      address.startsWith('gone') ? { code: 550, text: 'no such user here' } : null,
    );

    const result = await create(server.port, { ca: cert }).send(
      aNotice({ recipients: ['a@example.com', 'gone@example.com', 'not an address'] }),
      signal,
    );

    expect(result.type).toBe('sent');
    expect(result.target).toMatch(/^a@example\.com; refused: /);
    expect(result.target).toContain('gone@example.com (550 no such user here)');
    expect(result.target).toContain('not an address (not a mail address)');
  });

  it('tries again for those recipients alone who may be taken later', async () => {
    let busy = true;
    const server = await smtp({}, (address) =>
      busy && address.startsWith('later') ? { code: 450, text: 'greylisted' } : null,
    );
    const notifier = create(server.port, { ca: cert });
    const notice = aNotice({ recipients: ['a@example.com', 'later@example.com'] });

    const first = await notifier.send(notice, signal);
    busy = false;
    const second = await notifier.send(notice, signal);

    expect(first).toMatchObject({ type: 'failed', retryable: true });
    expect(first).toHaveProperty('reason', expect.stringContaining('a@example.com have it'));
    expect(second).toEqual({ channel: 'email', type: 'sent', target: 'a@example.com, later@example.com' });
    expect(server.mails.map((mail) => mail.recipients)).toEqual([['a@example.com'], ['later@example.com']]);
  });

  it('gives up at once when every recipient is refused for good', async () => {
    const server = await smtp({}, () => ({ code: 550, text: 'no such user here' }));

    const result = await create(server.port, { ca: cert }).send(aNotice(), signal);

    expect(result).toMatchObject({ type: 'failed', retryable: false });
    expect(server.mails).toHaveLength(0);
  });

  it('says what to check when the log-in is refused, without the password that the server repeats', async () => {
    const server = await smtp({ authOptional: false });
    const notifier = create(server.port, { ...LOG_IN, password: 'wrong-password-1' });

    const result = await notifier.send(aNotice(), signal);

    expect(result).toMatchObject({ type: 'failed', retryable: false });
    expect(result).toHaveProperty('reason', expect.stringContaining('notifiers.email.username'));
    expect(JSON.stringify([result, await notifier.check(signal)])).not.toContain('wrong-password-1');
  });

  it('never sends a password where the server offers no TLS', async () => {
    const server = await smtp({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true });

    const result = await create(server.port, LOG_IN).send(aNotice(), signal);

    expect(result).toMatchObject({ type: 'failed' });
    expect(server.mails).toHaveLength(0);
  });

  it('sends without TLS and without a log-in through a plain relay', async () => {
    const server = await smtp({ hideSTARTTLS: true, disabledCommands: ['STARTTLS', 'AUTH'] });

    expect(await create(server.port).send(aNotice(), signal)).toMatchObject({ type: 'sent' });
  });

  it('proves the log-in when it is checked', async () => {
    const server = await smtp({ authOptional: false });

    expect(await create(server.port, LOG_IN).check(signal)).toMatchObject({
      ok: true,
      target: `127.0.0.1:${server.port}`,
      message: expect.stringContaining('logged in') as string,
    });
  });

  it('keeps line breaks of a subject out of the headers', async () => {
    const server = await smtp();

    await create(server.port, { ca: cert }).send(
      aNotice({ subject: 'a\r\nBcc: evil@example.com\r\n\r\nbody' }),
      signal,
    );

    expect(server.mails[0]?.recipients).toEqual(['oncall@example.com']);
    expect((await PostalMime.parse(server.mails[0]?.raw ?? '')).subject).toBe('a Bcc: evil@example.com body');
  });

  it.each([
    [{ from: 'nobody' }, /Fixpoint <fixpoint@example\.com>/],
    [{ from: 'A <a@example.com>\r\nBcc: b@example.com' }, /Fixpoint <fixpoint@example\.com>/],
    [{ to: [] }, /to/],
    [{ to: 'a@example.com, b@example.com' }, /mail address/],
    [{ username: 'x' }, /username and password, or neither/],
    [{ username: 'x', password: 'hunter22', starttls: 'off' }, /never sent without TLS/],
    [{ host: '169.254.169.254' }, /metadata/],
    [{ host: 'a b' }, /host name/],
    [{ ca: '/etc/ssl/ca.pem' }, /PEM/],
  ])('refuses the configuration %j', (over, message) => {
    const parsed = email.config.safeParse({
      host: 'mail.example.com',
      from: 'a@example.com',
      to: 'b@example.com',
      ...over,
    });

    expect(parsed.success).toBe(false);
    expect(parsed.error?.message).toMatch(message);
    expect(parsed.error?.message).not.toContain('hunter22');
  });
});
