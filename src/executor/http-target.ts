import { z } from 'zod';
import { Duration } from '../domain/duration.js';

/** An http(s) address of a server. A path in it is kept as a prefix; credentials belong into their own keys. */
export const HttpUrl = z
  .string()
  .refine((text) => isHttpUrl(text), { error: 'expected an address such as http://prometheus:9090' })
  .describe('Address of the server, http:// or https://; a path is kept as a prefix');

/** How far a server's certificate is trusted. */
export const HttpTls = z
  .strictObject({
    ca: z.string().optional().describe('PEM of the certificate authority to trust, e.g. ${file:/etc/ssl/ca.pem}'),
    insecure_skip_verify: z.boolean().default(false).describe('Accept any certificate; for tests only'),
  })
  .describe('TLS of https addresses');
export type HttpTls = z.infer<typeof HttpTls>;

/** The keys that every executor with one HTTP server behind it takes; a module spreads them into its own config. */
export const HTTP_TARGET = {
  url: HttpUrl,
  bearer_token: z.string().min(1).optional().meta({ secret: true }).describe('Sent as Authorization: Bearer'),
  basic_auth: z
    .strictObject({ username: z.string(), password: z.string().meta({ secret: true }) })
    .optional()
    .describe('Sent as HTTP Basic authentication'),
  headers: z
    .record(z.string(), z.string().meta({ secret: true }))
    .optional()
    .describe('Further headers of every request; their values are kept secret'),
  timeout: Duration.default('10s').describe('Longest time for one request'),
  tls: HttpTls.optional(),
} as const;

/** What `HTTP_TARGET` says once it is validated. */
export interface HttpTarget {
  readonly url: string;
  readonly bearer_token?: string | undefined;
  readonly basic_auth?: { readonly username: string; readonly password: string } | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The headers that carry a target's credentials; user and password inside the address count as Basic authentication. */
export function targetHeaders(target: HttpTarget): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(target.headers ?? {})) headers[name.toLowerCase()] = value;
  const url = new URL(target.url);
  if (target.bearer_token !== undefined) headers['authorization'] = `Bearer ${target.bearer_token}`;
  else if (target.basic_auth !== undefined)
    headers['authorization'] = basicAuth(target.basic_auth.username, target.basic_auth.password);
  else if (url.username !== '')
    headers['authorization'] = basicAuth(decodeURIComponent(url.username), decodeURIComponent(url.password));
  return headers;
}

/** Every text that must not appear in an error or a record about this target. */
export function targetSecrets(target: HttpTarget): string[] {
  const url = new URL(target.url);
  const password = url.password === '' ? [] : [url.password, decodeURIComponent(url.password)];
  const values = Object.values(targetHeaders(target)).flatMap((value) => [
    value,
    value.replace(/^(Bearer|Basic) /, ''),
  ]);
  return [...values, ...password, ...(target.basic_auth === undefined ? [] : [target.basic_auth.password])];
}

/** The address of `path` (which begins with /) below a base address, whose own path is kept and whose credentials are not. */
export function below(base: string, path: string): URL {
  const url = new URL(base);
  return new URL(url.origin + url.pathname.replace(/\/+$/, '') + path);
}

/** An address for people: without credentials, and with the values of telling query parameters hidden. */
export function shownUrl(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.hash = '';
  for (const name of new Set(shown.searchParams.keys())) if (isSecretName(name)) shown.searchParams.set(name, '***');
  return shown.href;
}

/** Whether a header, query parameter or key of that name usually holds a secret. */
export function isSecretName(name: string): boolean {
  return /pass(word|wd)?$|^pwd$|secret|token|api[-_]?key|auth(orization)?$|credential|cookie|signature|^sig$|^key$|private[-_]?key/i.test(
    name,
  );
}

function basicAuth(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '';
}
