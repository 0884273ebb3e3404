import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { instant } from '../domain/clock.js';
import type { Clock } from '../domain/clock.js';
import { listen } from './loopback.js';
import { mailHeader } from './mail.js';
import type { Mail } from './mail.js';
import { SmtpConversation } from './smtp-conversation.js';

const KEPT = 100;
const MAX_CONNECTIONS = 50;
const IDLE_MS = 60_000;

/** A mail server that keeps the last 100 messages and delivers none. */
export interface MailSink {
  readonly host: string;
  readonly port: number;
  /** What came, oldest first. */
  mails(): readonly Mail[];
  /** Hangs up and frees the port; may be called twice. */
  stop(): Promise<void>;
}

/** Takes mail over SMTP on the loopback address, strictly by RFC 5321. `onMail` is called for each message after it was taken. */
export async function serveMailSink(
  port: number,
  options: { readonly clock: Clock; readonly onMail?: (mail: Mail) => void },
): Promise<MailSink> {
  const mails: Mail[] = [];
  const sockets = new Set<Socket>();
  const take = (from: string, to: readonly string[], raw: string): void => {
    const mail = { from, to, subject: mailHeader(raw, 'subject'), raw, received_at: instant(options.clock.now()) };
    mails.push(mail);
    if (mails.length > KEPT) mails.shift();
    options.onMail?.(mail);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    converse(socket, take);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, port);
  const address = server.address() as AddressInfo; // a TCP server that listens has one
  let stopped: Promise<void> | null = null;
  return {
    host: '127.0.0.1',
    port: address.port,
    mails: () => [...mails],
    stop: () => (stopped ??= close(server, sockets)),
  };
}

function converse(socket: Socket, take: (from: string, to: readonly string[], raw: string) => void): void {
  const conversation = new SmtpConversation(take);
  // A client that vanishes is its own affair.
  socket.on('error', () => socket.destroy());
  socket.setTimeout(IDLE_MS, () => {
    socket.end('421 4.4.2 idle for too long\r\n');
  });
  socket.write(conversation.greeting());
  socket.on('data', (chunk) => {
    const { reply, ends } = conversation.receive(chunk);
    if (reply !== '') socket.write(reply);
    if (ends) socket.end();
  });
}

function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    for (const socket of sockets) socket.destroy();
  });
}
