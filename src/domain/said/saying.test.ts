import { describe, expect, it } from 'vitest';
import { createSayings } from './saying.js';

const say = createSayings(
  [
    ['run {run#} ended[ at {at#}]', '运行 {run} 结束[（{at}）]'],
    ['it stops: {why~}', '停止：{why}'],
    ['{who} said {what}', '{who} 说 {what}'],
    ['{name@} is {value=}, {rest~}', '{name} 为 {value}，{rest}'],
    ['{name@} is {value=}', '{name} 为 {value}'],
    ['(1+1) is 2?', '二'],
    ['hold; then go', '先停，再走'],
  ],
  '；',
);
const text = (sentence: string): string =>
  say(sentence)
    .map((piece) => (piece.said ? piece.text : `<${piece.text}>`))
    .join('');

describe('a sentence of the service in another language', () => {
  it('keeps its values, and leaves out what is not there', () => {
    expect(text('run R1 ended at 10:00')).toBe('运行 R1 结束（10:00）');
    expect(text('run R1 ended')).toBe('运行 R1 结束');
    expect(text('ann said a; "b"\nc {d}')).toBe('ann 说 a; "b"\nc {d}');
  });

  it('says sentences within it, and sentences that were joined', () => {
    expect(text('it stops: run R1 ended')).toBe('停止：运行 R1 结束');
    expect(text('run R1 ended; run R2 ended at 9; hold; then go')).toBe('运行 R1 结束；运行 R2 结束（9）；先停，再走');
    expect(text('hold; then go; hold; then go')).toBe('<hold>；<then go>；先停，再走');
  });

  it('leaves what it does not know as it is, and only that', () => {
    expect(text('something new happened')).toBe('<something new happened>');
    expect(text('it stops: the moon is full')).toBe('停止：<the moon is full>');
    expect(text('run R1 ended; nobody knows')).toBe('运行 R1 结束；<nobody knows>');
    expect(text('')).toBe('');
  });

  it('knows values from words', () => {
    expect(text('alert.labels["x y"] is "a, b is 3", steps.a.b is -1.5, c is true')).toBe(
      'alert.labels["x y"] 为 "a, b is 3"，steps.a.b 为 -1.5，c 为 true',
    );
    expect(text('the pump is broken')).toBe('<the pump is broken>');
  });

  it('takes signs of patterns for what they are', () => {
    expect(text('(1+1) is 2?')).toBe('二');
    expect(text('11 is 2')).toBe('<11 is 2>');
  });

  it('does not work on texts that are no sentences', () => {
    expect(text(`run ${'x'.repeat(5_000)} ended`)).toMatch(/^</);
    const many = `${'it stops: '.repeat(300)}end`;
    expect(text(many)).toBe(`${'停止：'.repeat(7)}<${'it stops: '.repeat(293)}end>`);
  });
});
