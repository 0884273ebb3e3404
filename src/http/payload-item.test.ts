import { describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { itemOf } from './payload-item.js';

const alert = anAlert({ alert_name: 'Down', fingerprint: 'f2', labels: { alertname: 'Down', host: 'b' } });
const whole = (alerts: number, place: number) => ({ alerts, rejected: 0, place });

describe('where an alert stands in its body', () => {
  it('is its place in the list of the body, or in the body that is a list', () => {
    const items = [{ name: 'Up' }, { name: 'Down' }];

    expect(itemOf(JSON.stringify({ status: 'x', 'a/b': items }), alert, whole(2, 1))).toEqual({
      index: 1,
      path: '/a~1b/1',
    });
    expect(itemOf(JSON.stringify(items), alert, whole(2, 1))).toEqual({ index: 1, path: '/1' });
  });

  it('is told by the mark or the labels where items were refused beside it', () => {
    const items = ['nonsense', { fingerprint: 'f1' }, { fingerprint: 'f2' }];
    expect(itemOf(JSON.stringify({ alerts: items }), alert, { alerts: 2, rejected: 1, place: 1 })?.index).toBe(2);

    const labelled = [7, { labels: { alertname: 'Down', host: 'a' } }, { labels: { host: 'b', alertname: 'Down' } }];
    expect(itemOf(JSON.stringify(labelled), alert, { alerts: 2, rejected: 1, place: 1 })?.path).toBe('/2');
  });

  it('is not told where two items may be it, where a list tells of something else, or where there is none', () => {
    const twice = [{ fingerprint: 'f2' }, { fingerprint: 'f2' }, null];
    const nowhere = [
      JSON.stringify(twice),
      '{"tags": [{"tag": "service", "value": "x"}]}',
      '{"a": 1}',
      '{"alerts": [',
      '3',
    ];

    for (const text of nowhere) expect(itemOf(text, alert, { alerts: 1, rejected: 0, place: 0 })).toBeNull();
  });
});
