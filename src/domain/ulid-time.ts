const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Where the ids of an instant begin: ten digits of milliseconds. */
export function idFrom(at: string, slack_ms = 0): string {
  let text = '';
  for (let rest = Math.max(0, Date.parse(at) + slack_ms), digit = 0; digit < 10; digit++, rest = Math.floor(rest / 32))
    text = ALPHABET.charAt(rest % 32) + text;
  return text;
}
