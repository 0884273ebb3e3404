import { describe, expect, it } from 'vitest';
import { redact, secretsOfUrl } from './redact.js';

describe('redact', () => {
  it('hides a secret as it is, in a URL, in JSON and in base64', () => {
    const secret = 'pa"ss/w rd';
    const shown = redact(
      `${secret} ${encodeURIComponent(secret)} ${JSON.stringify({ secret })} ${Buffer.from(secret).toString('base64')}`,
      [secret],
    );

    expect(shown).toBe('*** *** {"secret":"***"} ***');
  });

  it('hides a secret that is part of a longer one along with it', () => {
    expect(redact('abcdefgh abcd', ['abcd', 'abcdefgh'])).toBe('*** ***');
  });

  it('hides before it cuts, so that no half of a secret is left at the end', () => {
    const shown = redact(`${'x'.repeat(295)}top-secret-value`, ['top-secret-value']);

    expect(shown).not.toContain('top-');
    expect(shown.length).toBeLessThanOrEqual(301);
  });

  it('makes one line of an answer with line breaks and control characters', () => {
    expect(redact('a\r\nb\u0000\u001b[31mc\u2028d', [])).toBe('a b [31mc d');
  });

  it('knows what is secret about a webhook: all but its host', () => {
    const url = new URL('https://hooks.slack.com/services/T0000AAAA/B0000BBBB/XXXXyyyy?key=k-123456');

    const shown = redact(`${url.href} ${url.pathname} XXXXyyyy k-123456 hooks.slack.com`, secretsOfUrl(url));

    expect(shown).toBe('*** *** *** *** hooks.slack.com');
  });
});
