const ZERO_WIDTH_SPACE = '\u200b';

/**
 * Untrusted text for the markdown of chat robots, which know no escaping: it reads the same, but an invisible character keeps it from
 * becoming a link, an image, a mention, a heading or coloured text. Lines stay lines.
 */
export function plainMarkdown(text: string): string {
  return text
    .replaceAll('<', `<${ZERO_WIDTH_SPACE}`)
    .replaceAll('](', `]${ZERO_WIDTH_SPACE}(`)
    .replace(/^(\s*)([#>])/gm, `$1${ZERO_WIDTH_SPACE}$2`);
}

/** A link of ours; an address with characters that would end it early is percent-encoded there. */
export function markdownLink(label: string, address: string): string {
  const safe = address.replace(/[()\s<>]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `[${label}](${safe})`;
}
