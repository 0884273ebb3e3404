/** Mail as the sink took it. Addresses are bare; `subject` is decoded. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** The message as it came, without the dots that SMTP doubled. */
  readonly raw: string;
  readonly received_at: string;
}

/** One header of a message, unfolded and with its encoded words (RFC 2047) decoded; empty when it is missing. */
export function mailHeader(raw: string, name: string): string {
  const [head = ''] = raw.split(/\r?\n\r?\n/, 1);
  const lines = head.replace(/\r?\n(?=[ \t])/g, '').split(/\r?\n/);
  const line = lines.find((each) => each.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line === undefined ? '' : decodeWords(line.slice(name.length + 1).trim());
}

/** Text with `=?utf-8?B?…?=` and `=?utf-8?Q?…?=` decoded. A word that is broken stays as it stands. */
export function decodeWords(text: string): string {
  // Whitespace between two encoded words belongs to neither; a character may be cut in two between words of one charset.
  const joined = text.replace(/(\?=)[ \t]+(?==\?)/g, '$1');
  return joined.replace(/(?:=\?[^?\s]+\?[bq]\?[^?\s]*\?=)+/gi, (run) => {
    const words = [...run.matchAll(/=\?([^?*\s]+)(?:\*[^?]*)?\?([bq])\?([^?\s]*)\?=/gi)];
    try {
      return decodeRun(
        words.map(([, charset = '', encoding = '', content = '']) => ({
          charset: charset.toLowerCase(),
          bytes: bytesOf(encoding, content),
        })),
      );
    } catch {
      return run;
    }
  });
}

function decodeRun(words: readonly { readonly charset: string; readonly bytes: Buffer }[]): string {
  let text = '';
  for (let index = 0; index < words.length;) {
    const charset = words[index]?.charset ?? 'utf-8';
    const bytes: Buffer[] = [];
    for (; words[index]?.charset === charset; index++) bytes.push(words[index]?.bytes ?? Buffer.alloc(0));
    text += new TextDecoder(charset).decode(Buffer.concat(bytes));
  }
  return text;
}

function bytesOf(encoding: string, content: string): Buffer {
  if (encoding.toLowerCase() === 'b') return Buffer.from(content, 'base64');
  const bytes = content
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}
