import { describe, expect, it } from 'vitest';
import { lineOf, placeJson } from './placed-json.js';
import { readBody } from './read-body.js';

const BODY = { version: '4', alerts: [{ labels: { alertname: 7 } }, { labels: {} }], none: [], 'a.b': null };

describe('a body with its faults at their lines', () => {
  it('is written as JSON of one entry a line', () => {
    const { text } = placeJson(BODY);

    expect(JSON.parse(text)).toEqual(BODY);
    expect(text).toBe(JSON.stringify(BODY, null, 2));
  });

  it('finds the line of what a path names', () => {
    const placed = placeJson(BODY);

    expect(placed.text.split('\n')[lineOf(placed, 'alerts[0].labels.alertname') - 1]).toContain('"alertname": 7');
    expect(placed.text.split('\n')[lineOf(placed, 'alerts[1].labels') - 1]).toContain('"labels": {}');
    expect(placed.text.split('\n')[lineOf(placed, 'a.b') - 1]).toContain('"a.b": null');
  });

  it('finds what something missing should have been in', () => {
    const placed = placeJson(BODY);

    expect(lineOf(placed, 'alerts[0].labels.severity')).toBe(lineOf(placed, 'alerts[0].labels'));
    expect(lineOf(placed, 'receiver')).toBe(1);
    expect(lineOf(placed, '')).toBe(1);
  });

  it('survives a body that is nested without end', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 2_000; level += 1) deep = [deep];

    expect(placeJson(deep).text.split('\n').length).toBeLessThan(200);
  });
});

describe('a kept body', () => {
  it('is JSON where it is an object or a list, and text otherwise', () => {
    expect(readBody('{"a": 1}')).toEqual({ isJson: true, value: { a: 1 }, isCut: false });
    expect(readBody('{not json')).toEqual({ isJson: false, value: null, isCut: false });
    expect(readBody('7')).toMatchObject({ isJson: false });
  });

  it('says that it was cut where it is as long as the API shows at most', () => {
    expect(readBody(`{"a": "${'x'.repeat(70_000)}`.slice(0, 64 * 1024))).toMatchObject({ isJson: false, isCut: true });
  });
});
