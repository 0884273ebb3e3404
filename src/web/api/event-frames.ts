/** One server-sent event. */
export interface Frame {
  readonly id: string | null;
  readonly type: string;
  readonly data: string;
}

/** A frame larger than this is nothing that the service sends. */
const MAX_FRAME = 16_777_216;

/** Cuts a stream's text into its events; give it each piece as it comes. Comments and unknown fields are skipped. */
export function createFrameReader(): (piece: string) => Frame[] {
  let rest = '';
  return (piece) => {
    rest = (rest + piece).replace(/\r\n/g, '\n');
    const frames: Frame[] = [];
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const frame = readFrame(rest.slice(0, end));
      if (frame !== null) frames.push(frame);
      rest = rest.slice(end + 2);
    }
    if (rest.length > MAX_FRAME) throw new RangeError('an event of the stream does not end');
    return frames;
  };
}

function readFrame(text: string): Frame | null {
  let id: string | null = null;
  let type = 'message';
  const data: string[] = [];
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') id = value;
    else if (field === 'event') type = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? null : { id, type, data: data.join('\n') };
}
