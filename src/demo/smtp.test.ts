import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { until } from '../../test/helper/until.js';
import { SmtpConversation } from './smtp-conversation.js';
import { serveMailSink } from './smtp.js';
import type { MailSink } from './smtp.js';

type Taken = { from: string; to: readonly string[]; raw: string };

function converse(): { say: (text: string) => string; taken: Taken[]; conversation: SmtpConversation } {
  const taken: Taken[] = [];
  const conversation = new SmtpConversation((from, to, raw) => taken.push({ from, to, raw }));
  return { taken, conversation, say: (text) => conversation.receive(Buffer.from(text)).reply };
}

describe('an SMTP conversation', () => {
  it('takes a message and gives it on without the doubled dots', () => {
    const { say, taken } = converse();

    expect(say('EHLO me.example.com\r\n')).toMatch(/250-8BITMIME\r\n250-SMTPUTF8\r\n.*250 PIPELINING\r\n$/s);
    expect(say('MAIL FROM:<a@example.com> SIZE=100 BODY=8BITMIME SMTPUTF8\r\n')).toMatch(/^250 /);
    expect(say('RCPT TO:<b@example.com>\r\n')).toMatch(/^250 /);
    expect(say('rcpt to:<用户@例子.中国>\r\n')).toMatch(/^250 /);
    expect(say('DATA\r\n')).toMatch(/^354 /);
    expect(say('Subject: x\r\n\r\n..dots\r\n.\r\n')).toMatch(/^250 /);
    expect(taken).toEqual([
      { from: 'a@example.com', to: ['b@example.com', '用户@例子.中国'], raw: 'Subject: x\r\n\r\n.dots\r\n' },
    ]);
    expect(say('QUIT\r\n')).toMatch(/^221 /);
  });

  it('takes commands together, and bytes cut anywhere', () => {
    const { conversation, taken } = converse();
    const all = Buffer.from(
      'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nSubject: 支付\r\n\r\nhi\r\n.\r\nQUIT\r\n',
    );
    let replies = '';
    for (const byte of all) replies += conversation.receive(Buffer.from([byte])).reply;
    const whole = converse();

    expect(whole.say(all.toString())).toBe(replies);
    expect(taken).toEqual([{ from: '', to: ['b@example.com'], raw: 'Subject: 支付\r\n\r\nhi\r\n' }]);
    expect(whole.taken).toEqual(taken);
  });

  it.each([
    ['MAIL FROM:<a@example.com>\r\n', '503 5.5.1 say EHLO first'],
    ['EHLO x\r\nRCPT TO:<a@example.com>\r\n', '503 5.5.1 say MAIL FROM first'],
    ['EHLO x\r\nMAIL FROM:<a@example.com>\r\nDATA\r\n', '503 5.5.1 there is no recipient'],
    ['EHLO x\r\nMAIL FROM:<a@example.com>\r\nMAIL FROM:<a@example.com>\r\n', '503 5.5.1 a message is under way'],
    ['EHLO x\r\nMAIL FROM:a@example.com\r\n', '501 5.1.7 expected MAIL FROM:<address>'],
    ['EHLO x\r\nMAIL FROM:<a@example.com> SIZE=99999999\r\n', '552 5.3.4 message too big'],
    ['EHLO x\r\nMAIL FROM:<a@example.com> COLOUR=red\r\n', '555 5.5.4 parameter COLOUR'],
    ['HELO x\r\nMAIL FROM:<a@example.com> SIZE=1\r\n', '555 5.5.4 parameters need EHLO'],
    ['EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<>\r\n', '501 5.1.3 expected RCPT TO:<address>'],
    ['EHLO\r\n', '501 5.5.4 say who you are'],
    ['LEAP\r\n', '500 5.5.1 command unrecognized'],
    ['EHLO x\r\nRSET now\r\n', '501 5.5.4 RSET takes no argument'],
  ])('refuses %j', (text, refusal) => {
    const { say, taken } = converse();
    const lines = say(text).trim().split('\r\n');

    expect(lines.at(-1)).toContain(refusal);
    expect(taken).toEqual([]);
  });

  it('forgets a message at RSET', () => {
    const { say } = converse();
    say('EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n');

    expect(say('RSET\r\n')).toMatch(/^250 /);
    expect(say('DATA\r\n')).toMatch(/^503 /);
  });

  it('refuses a message that is too big only when it has ended, and takes the next one', () => {
    const { say, taken } = converse();
    const begin = 'MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n';
    say(`EHLO x\r\n${begin}`);
    const line = `${'x'.repeat(998)}\r\n`;
    for (let megabyte = 0; megabyte < 6; megabyte++) expect(say(line.repeat(1_049))).toBe('');

    expect(say('.\r\n')).toMatch(/^552 /);
    expect(taken).toEqual([]);
    expect(say(`${begin}hello\r\n.\r\n`)).toMatch(/250 2.0.0 taken\r\n$/);
    expect(taken).toHaveLength(1);
  });

  it('hangs up on a client that sends nonsense or endless lines', () => {
    const nonsense = converse();
    const endless = converse();

    expect(nonsense.conversation.receive(Buffer.from('LEAP\r\n'.repeat(30)))).toMatchObject({ ends: true });
    expect(endless.conversation.receive(Buffer.alloc(5_000, 'x'))).toMatchObject({ ends: true });
  });
});

describe('the mail sink', () => {
  let sink: MailSink;
  let sockets: Socket[];

  beforeEach(async () => {
    sockets = [];
    sink = await serveMailSink(0, { clock: new FakeClock() });
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await sink.stop();
  });

  it('keeps the last hundred messages', async () => {
    const socket = connect(sink.port, sink.host);
    sockets.push(socket);
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString()));
    socket.write('EHLO x\r\n');
    for (let number = 0; number < 105; number++) {
      socket.write(`MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nSubject: ${number}\r\n\r\n.\r\n`);
    }
    socket.write('QUIT\r\n');
    await until('the goodbye', () => heard.includes('221 '));

    expect(sink.mails()).toHaveLength(100);
    expect(sink.mails()[0]).toMatchObject({
      subject: '5',
      to: ['b@example.com'],
      received_at: '2026-11-21T10:00:00.000Z',
    });
  });

  it('stops although somebody is still connected', async () => {
    const socket = connect(sink.port, sink.host);
    sockets.push(socket);
    await new Promise((resolve) => socket.once('data', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));

    await sink.stop();
    await sink.stop();
    await closed;
  });
});
