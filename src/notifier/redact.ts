/** How much of a foreign answer is worth showing. */
const MAX_REASON = 300;

/** Values shorter than this are not searched for: hiding every `a` would hide the message. */
const SHORTEST_SECRET = 4;

/**
 * One line of foreign text that may go into a record: every secret replaced by `***` (also as it looks in a URL, in JSON and in base64),
 * control characters gone, cut to a readable length.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const form of spellings(secrets)) clean = clean.replaceAll(form, '***');
  // eslint-disable-next-line no-control-regex -- control characters are what is taken out
  clean = clean.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return clean.length > MAX_REASON ? `${clean.slice(0, MAX_REASON)}…` : clean;
}

/** Longest first, so that a secret that holds another one goes as a whole. */
function spellings(secrets: readonly string[]): string[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET) continue;
    forms.add(secret);
    forms.add(encodeURIComponent(secret));
    forms.add(JSON.stringify(secret).slice(1, -1));
    forms.add(Buffer.from(secret, 'utf8').toString('base64'));
  }
  return [...forms].sort((a, b) => b.length - a.length);
}

/** What of a webhook's address must never be shown: all of it but the host. */
export function secretsOfUrl(url: URL): string[] {
  const segments = url.pathname.split('/').filter((segment) => segment.length >= 8);
  const path = url.pathname.length > 1 ? [url.pathname] : [];
  return [url.href, ...path, ...(url.search ? [url.search] : []), ...url.searchParams.values(), ...segments];
}
