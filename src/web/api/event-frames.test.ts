import { describe, expect, it } from 'vitest';
import { createFrameReader } from './event-frames.js';

const TEXT =
  'id: 1\nevent: run_opened\ndata: {"a":1}\n\n: still here\n\nid: 2\r\nevent: step_started\r\ndata: x\r\ndata:y\r\n\r\n';
const FRAMES = [
  { id: '1', type: 'run_opened', data: '{"a":1}' },
  { id: '2', type: 'step_started', data: 'x\ny' },
];

describe('a stream of events', () => {
  it('is cut into its events, wherever the network cut it', () => {
    for (let size = 1; size <= TEXT.length; size += 3) {
      const read = createFrameReader();
      const frames = [];
      for (let at = 0; at < TEXT.length; at += size) frames.push(...read(TEXT.slice(at, at + size)));

      expect(frames).toEqual(FRAMES);
    }
  });

  it('gives nothing for an event that has not ended', () => {
    expect(createFrameReader()('id: 1\ndata: half')).toEqual([]);
  });

  it('takes an event without a name or an id', () => {
    expect(createFrameReader()('data: x\n\n')).toEqual([{ id: null, type: 'message', data: 'x' }]);
  });
});
