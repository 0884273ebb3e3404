import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataQueries } from './data-query.js';

describe('the data behind a condition', () => {
  it.each([
    ['up == 0', ['up']],
    ['(up == 0)', ['up']],
    ['((up) == (0))', ['up']],
    ['p99_latency_ms > 500', ['p99_latency_ms']],
    ['500 < p99_latency_ms', ['p99_latency_ms']],
    ['up{job="a==b", env=~"x>1 or y"} == 0', ['up{job="a==b", env=~"x>1 or y"}']],
    [`x{a='it\\'s > 1'} > 1`, [`x{a='it\\'s > 1'}`]],
    ['x{a=`raw \\`} > 1', ['x{a=`raw \\`}']],
    ['sum by (job) (rate(http_errors_total[5m])) > 0.05', ['sum by (job) (rate(http_errors_total[5m]))']],
    ['sum(rate(e[5m])) by (job) / sum(rate(t[5m])) by (job) > 5 / 100', ['sum(rate(e[5m])) by (job) / sum(rate(t[5m])) by (job)']], // prettier-ignore
    ['x > -5', ['x']],
    ['-x < -5', ['-x']],
    ['x > 10 * 60', ['x']],
    ['x > 5m', ['x']],
    ['x > +Inf', ['x']],
    ['x != 0x1F', ['x']],
    ['x offset 5m > 1', ['x offset 5m']],
    ['x offset -5m > 1', ['x offset -5m']],
    ['x @ end() offset 1h > 1', ['x @ end() offset 1h']],
    ['x @ 1700000000 > 1', ['x @ 1700000000']],
    ['max_over_time(x[1h:5m]) > 1', ['max_over_time(x[1h:5m])']],
    ['{__name__="x", a="b"} > 1', ['{__name__="x", a="b"}']],
    ['time() - timestamp(x) > 300', ['time() - timestamp(x)']],
    ['x > 1 < 5', ['x']],
    ['x ^ 2 > 4', ['x ^ 2']],
    ['job:errors:ratio5m > 0.1', ['job:errors:ratio5m']],
  ])('of %j is what it compares', (expression, queries) => {
    expect(dataQueries(expression)).toEqual(queries);
  });

  it.each([
    ['a > b', ['(a) -  (b)']],
    ['a > on (x) group_left (y) b', ['(a) - on (x) group_left (y) (b)']],
    ['a >= ignoring(x) b * 2', ['(a) - ignoring(x) (b * 2)']],
    ['a > (b > 1)', ['(a) -  (b)']],
  ])('of %j, which compares series with series, is their difference', (expression, queries) => {
    expect(dataQueries(expression)).toEqual(queries);
  });

  it.each([
    ['a > 1 or b > 2', ['a', 'b']],
    ['a > 1 OR b > 2', ['a', 'b']],
    ['a > 1 and b > 2', ['(a) and  ((b) >= -Inf)']],
    ['a > 1 and on(x) b > 2', ['(a) and on(x) ((b) >= -Inf)']],
    ['a > 1 and on() (b > 2 or c > 3)', ['(a) and on() ((b) >= -Inf)', '(a) and on() ((c) >= -Inf)']],
    ['a > 1 unless on (x) b', ['a']],
    ['a unless b', ['a']],
    ['a > 1 or b > 2 and c > 3', ['a', '(b) and  ((c) >= -Inf)']],
    ['(a > 1 or b > 2) and c > 3', ['(a) and  ((c) >= -Inf)', '(b) and  ((c) >= -Inf)']],
  ])('of %j is of every side that could have raised the alert', (expression, queries) => {
    expect(dataQueries(expression)).toEqual(queries);
  });

  it.each([
    ['count(up == 0) > 3', ['count  ((up) >= -Inf)']],
    ['count by (job) (up == 0) > 3', ['count by (job) ((up) >= -Inf)']],
    ['sum(up == 0) without (instance) > 3', ['count without (instance) ((up) >= -Inf)']],
    ['count(up == 0) / count(up) > 0.5', ['(count  ((up) >= -Inf)) -  (count(up))']],
    ['100 * count(up == 0) / count(up) >= 50', ['(count  ((up) >= -Inf)) -  (count(up))']],
    ['3 < count(up == 0)', ['count  ((up) >= -Inf)']],
    ['count(up == 0) != 0', ['count  ((up) >= -Inf)']],
    ['sum(count by (job) (up == 0)) > 3', ['count  ((count by (job) ((up) >= -Inf)) >= -Inf)']],
    ['count(count by (job) (up == 0) > 2) > 0', ['count  ((count by (job) ((up) >= -Inf)) >= -Inf)']],
    ['(count(up == 0) or vector(0)) > 3', ['count  ((up) >= -Inf)', 'vector(0)']],
    ['count(up == 0) > 3 and on () b > 1', ['(count  ((up) >= -Inf)) and on () ((b) >= -Inf)']],
  ])('of %j, which counts what fails, is what there is to be counted', (expression, queries) => {
    expect(dataQueries(expression)).toEqual(queries);
  });

  it.each([
    ['count(up == 1) < 3', 'count(up == 1)'],
    ['3 > count(up == 1)', 'count(up == 1)'],
    ['count(up == 1) <= 0', 'count(up == 1)'],
    ['count(up == 1) == 0', 'count(up == 1)'],
    ['count(up == 1) != 3', 'count(up == 1)'],
    ['count(up == 1) > -1', 'count(up == 1)'],
    ['count(up == 1) / count(up) < 0.5', 'count(up == 1) / count(up)'],
    ['count(up) / count(up == 1) > 2', 'count(up) / count(up == 1)'],
    ['count(up) - count(up == 1) > 2', 'count(up) - count(up == 1)'],
    ['count(up == 1) - 3 < 0', 'count(up == 1) - 3'],
    ['-count(up == 1) > -3', '-count(up == 1)'],
    ['max(x > 5) > 10', 'max(x > 5)'],
    ['min(x > 5) > 10', 'min(x > 5)'],
    ['count(sum by (job) (up == 1)) > 3', 'count(sum by (job) (up == 1))'],
    ['sum(rate(errors_total[5m])) > 3', 'sum(rate(errors_total[5m]))'],
    ['(count(up == 1) > bool 3) > 0', 'count(up == 1) > bool 3'],
  ])('of %j is its own figure, because its silence may mean that everything is down', (expression, query) => {
    expect(dataQueries(expression)).toEqual([query]);
  });

  it.each([
    'absent(up{job="a"})',
    '(absent(x))',
    'absent_over_time(x[5m])',
    'absent(x) == 1',
    'absent(x) or absent(y)',
  ])('of %j is its silence itself', (expression) => {
    expect(dataQueries(expression)).toEqual([]);
  });

  it('of absence beside a comparison is what is compared', () => {
    expect(dataQueries('up == 0 or absent(up)')).toEqual(['up']);
  });

  it('does not take a comment for a part of the expression', () => {
    expect(dataQueries('# a > 1\nup{a="#"} # or b > 2 (\n == 0 # ever')).toEqual(['up{a="#"}']);
  });

  it.each([
    ['a number that is no filter', 'vector(1)'],
    ['a function', 'changes(x[5m])'],
    ['bool, which answers for every series', 'up == bool 0'],
    ['a comparison inside a function', 'abs(x > 5)'],
    ['absence beside something else', 'absent(x) and y > 1'],
    ['absence compared with a series', 'absent(x) > y'],
    ['MetricsQL: default', 'x default 0 > 5'],
    ['MetricsQL: if', 'x > 5 if y'],
    ['MetricsQL: keep_metric_names', 'rate(x[5m]) keep_metric_names > 5'],
    ['MetricsQL: WITH', 'WITH (a = b) a > 5'],
    ['MetricsQL: a unit', 'x > 5Mi'],
    ['LogQL', 'sum(rate({app="x"} [5m])) |= "error" > 1'],
    ['a bracket that is not closed', 'sum(x > 5'],
    ['brackets that do not fit', 'sum(x] > 5'],
    ['a string that does not end', 'x{a="b} > 5'],
    ['an operator without a right side', 'x >'],
    ['an operator without a left side', '> 5'],
    ['two operands', 'x y > 5'],
    ['a colon', 'x : y > 5'],
    ['nothing', ''],
    ['two numbers', '1 > 2'],
    ['words that are no ASCII', '延迟 > 5'],
    ['a list at the top', 'a, b > 1'],
    ['a keyword for a name', 'by > 1'],
    ['endless nesting', `${'('.repeat(100)}x > 1${')'.repeat(100)}`],
    ['too many sides', 'a > 1 or b > 1 or c > 1 or d > 1 or e > 1'],
    ['a text without end', `x > 1${' '.repeat(20_000)}`],
  ])('is not guessed for %s', (_what, expression) => {
    expect(dataQueries(expression)).toBeNull();
  });

  it('ends for any text, and never asks the whole condition again as its own data', () => {
    const piece = fc.constantFrom(
      ...'a up x{a="b"} (a>1) sum by count(a==0) absent(x) 5 5m > == and or unless on (x) group_left bool [5m] offset @ - ^ " \' ` ( ) { } [ ] # , : \n'.split(
        ' ',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const expression = pieces.join(' ');
        const queries = dataQueries(expression);
        expect(queries === null || queries.length <= 4).toBe(true);
        expect(queries ?? []).not.toContain(expression.trim());
      }),
      { numRuns: 2_000 },
    );
  });
});
