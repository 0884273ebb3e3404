import type { Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import { openSocket } from '../reach.js';

/** How to reach the mail server. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly secure: boolean;
  readonly starttls: 'auto' | 'required' | 'off';
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Trusted instead of the public authorities. */
  readonly ca?: string | undefined;
  readonly timeout_ms: number;
}

/** A recipient that the server did not take, and what it said. */
export interface Refusal {
  readonly address: string;
  readonly reply: string;
  /** A 4xx: the same recipient may be taken later. */
  readonly temporary: boolean;
}

/** How the server answered: some recipients taken, some not. */
export interface SmtpResult {
  readonly accepted: readonly string[];
  readonly refused: readonly Refusal[];
}

export interface Mail {
  readonly from: { readonly name: string; readonly address: string };
  /** What the message says in its `To`. */
  readonly to: readonly string[];
  /** Who gets it this time. */
  readonly recipients: readonly string[];
  readonly message_id: string;
  readonly date: Date;
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
  readonly urgent: boolean;
}

/** One message over one connection. Rejects for everything but an answer about recipients; the signal ends it at any point. */
export async function sendMail(server: SmtpServer, mail: Mail, signal: AbortSignal): Promise<SmtpResult> {
  return overConnection(server, signal, async (transport) => {
    try {
      const info = await transport.sendMail({
        from: mail.from,
        to: [...mail.to],
        envelope: { from: mail.from.address, to: [...mail.recipients] },
        messageId: mail.message_id,
        date: mail.date,
        subject: mail.subject,
        text: mail.text,
        ...(mail.html === null ? {} : { html: mail.html }),
        // Nobody's holiday notice should answer a machine.
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        ...(mail.urgent ? { priority: 'high' as const } : {}),
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      return { accepted: info.accepted, refused: refusals(info) };
    } catch (error) {
      const refused = refusals(error);
      if (refused.length === 0) throw error;
      return { accepted: [], refused };
    }
  });
}

/** Connects, says EHLO, goes over to TLS and logs in as `sendMail` would, and sends nothing. */
export async function verifyServer(server: SmtpServer, signal: AbortSignal): Promise<void> {
  await overConnection(server, signal, async (transport) => {
    await transport.verify();
  });
}

type Transport = ReturnType<typeof smtpTransport>;

/**
 * The connection is opened here and not by nodemailer, so that the signal can end it whatever nodemailer waits for, and so that no
 * metadata address is dialled.
 */
async function overConnection<T>(
  server: SmtpServer,
  signal: AbortSignal,
  work: (transport: Transport) => Promise<T>,
): Promise<T> {
  const socket = await openSocket(server.host, server.port, signal);
  // nodemailer listens for errors only while it uses the socket.
  socket.on('error', () => undefined);
  const abort = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', abort, { once: true });
  const transport = smtpTransport(server, socket);
  try {
    return await work(transport);
  } finally {
    signal.removeEventListener('abort', abort);
    transport.close();
    socket.destroySoon();
  }
}

function smtpTransport(server: SmtpServer, socket: Socket) {
  const { host, port, secure, timeout_ms, username, password } = server;
  return createTransport({
    host,
    port,
    secure,
    requireTLS: !secure && server.starttls === 'required',
    ignoreTLS: server.starttls === 'off',
    ...(username === undefined ? {} : { auth: { user: username, pass: password ?? '' }, forceAuth: true }),
    ...(server.ca === undefined ? {} : { tls: { ca: server.ca } }),
    connectionTimeout: timeout_ms,
    greetingTimeout: timeout_ms,
    socketTimeout: timeout_ms,
    getSocket: (_options: unknown, callback: (error: Error | null, found: { connection: Socket }) => void) => {
      callback(null, { connection: socket });
    },
  });
}

/** Which recipients were not taken, from an answer or an error of nodemailer, and why. */
function refusals(from: unknown): Refusal[] {
  if (typeof from !== 'object' || from === null || !('rejectedErrors' in from)) return [];
  if (!Array.isArray(from.rejectedErrors)) return [];
  const found: Refusal[] = [];
  for (const error of from.rejectedErrors as unknown[]) {
    if (!(error instanceof Error)) continue;
    const { recipient, response, responseCode } = error as Error & Record<string, unknown>; // nodemailer puts them on its errors
    found.push({
      address: typeof recipient === 'string' ? recipient : 'a recipient',
      reply: typeof response === 'string' ? response : error.message,
      temporary: typeof responseCode === 'number' && responseCode < 500,
    });
  }
  return found;
}
