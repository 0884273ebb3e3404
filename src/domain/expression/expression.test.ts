import { describe, expect, it } from 'vitest';
import {
  compileTemplate,
  evaluateCondition,
  ExpressionError,
  MissingValue,
  renderDeep,
  renderTemplate,
} from './expression.js';
import { FixpointError } from '../errors.js';
import type { Encoding } from '../executor.js';

const SCOPE = {
  alert: {
    metric_value: 92.5,
    service_name: 'order-service',
    labels: { 'app.kubernetes.io/name': 'order', team: 'pay' },
  },
  payment_status: { is_healthy: true, status: 200 },
  payment_logs_summary: { error_rate: null, total_logs: 312, samples: [{ message: 'TIMEOUT' }, { message: 'ok' }] },
  steps: { check: { output: { p99_ms: 1240.5, replicas: 2 } } },
  secrets: { token: 'hunter2' },
  vars: { threshold: 0.1, zero: 0 },
};

function render(text: string, encode?: Encoding, scope: Record<string, unknown> = SCOPE): unknown {
  return renderTemplate(compileTemplate(text), scope, encode);
}

function errorOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('expected an error');
}

describe('a template', () => {
  it('keeps the type of a single expression, and joins everything else as text', () => {
    expect(render('{{ alert.metric_value }}')).toBe(92.5);
    expect(render('  {{ payment_status }}\n')).toEqual({ is_healthy: true, status: 200 });
    expect(render('CPU {{ alert.metric_value }} % on {{ alert.service_name }}')).toBe('CPU 92.5 % on order-service');
    expect(render('{{ payment_status }}!')).toBe('{"is_healthy":true,"status":200}!');
    expect(render('no expression }} here')).toBe('no expression }} here');
  });

  it('tells numbers of JSON and whole numbers of the language apart nowhere', () => {
    expect(render('{{ steps.check.output.p99_ms + 1 }}')).toBe(1241.5);
    expect(render('{{ 2 * steps.check.output.replicas - 1 }}')).toBe(3);
    expect(render('{{ steps.check.output.replicas % 2 == 0 }}')).toBe(true);
    expect(render('{{ payment_status.is_healthy ? 1 : 0.5 }}')).toBe(1);
    expect(render('{{ size(payment_logs_summary.samples) }}')).toBe(2);
    expect(render('{{ [1, {"a": 2}] }}')).toEqual([1, { a: 2 }]);
    expect(JSON.stringify(render('{{ payment_logs_summary.samples.map(s, size(s.message)) }}'))).toBe('[7,2]');
  });

  it('finds the end of an expression past strings and maps that hold braces', () => {
    expect(render('{{ "}}" }}')).toBe('}}');
    expect(render('{{ "{{" }} {{ \'a"}}\' }}')).toBe('{{ a"}}');
    expect(render('{{ {"a": {"b": 1}} }}')).toEqual({ a: { b: 1 } });
    expect(render('{{{"a": {"b": 1}}}}')).toEqual({ a: { b: 1 } });
    expect(render('{{ r"\\d" + """x"}}""" }}')).toBe('\\dx"}}');
  });

  it('keeps the meaning of parentheses', () => {
    expect(render('{{ 10 - (5 - 2) }}')).toBe(7);
    expect(render('{{ 12 / (3 * 2) }}')).toBe(2);
    expect(render('{{ -(1 + 2) * 3 }}')).toBe(-9);
    expect(render('{{ !(true && false) ? 0.0000000012345 : 1.0 }}')).toBe(0.0000000012345);
  });

  it('lists the paths that it follows, without the variables of macros', () => {
    const template = compileTemplate(
      'x {{ steps.check.output.p99_ms > vars.threshold }} {{ logs.samples[0].message + alert.labels["a.b"] }} {{ l.exists(v, v.x > a.b) }}',
    );
    expect(template.references).toEqual([
      ['steps', 'check', 'output', 'p99_ms'],
      ['vars', 'threshold'],
      ['logs', 'samples'],
      ['alert', 'labels', 'a.b'],
      ['l'],
      ['a', 'b'],
    ]);
    expect(template.isExpression).toBe(false);
    expect(compileTemplate(' {{ has(a.b) }} ').isExpression).toBe(true);
  });

  it.each<[string, number, string]>([
    ['a {{ b', 2, 'never closed'],
    ['{{ }}', 2, 'expected an expression'],
    ['ab {{ x > }}', 10, 'ends too early'],
    ['{{ a | upper }}', 5, ''],
    ['{{ "a" + 1 }}', 3, 'no such overload'],
    ['{{ nosuch(1) }}', 3, 'nosuch'],
    ['{{ a.matches("x") }}', 3, 're(text, "pattern")'],
    ['{{ re(a, "(") }}', 9, 'RE2'],
    ['{{ a.map(x, a.map(y, a.map(z, z))) }}', 0, 'nest at most 2'],
    ['{{ cel.bind(x, 1, x) }}', 3, 'not available'],
    [`{{ ${'1+'.repeat(150)}1 }}`, 0, 'maxAstNodes'],
    [`{{ "${'x'.repeat(2_100)}" }}`, 0, '2048'],
    [`{{ ${'('.repeat(300)}1${')'.repeat(300)} }}`, 0, 'maxDepth'],
  ])('refuses %#: says where and why', (text, offset, why) => {
    const error = errorOf(() => compileTemplate(text));
    expect(error).toBeInstanceOf(ExpressionError);
    expect((error as ExpressionError).code).toBe('invalid');
    expect((error as ExpressionError).offset).toBeGreaterThanOrEqual(offset);
    expect((error as ExpressionError).offset).toBeLessThanOrEqual(text.length);
    expect(error.message).toContain(why);
  });

  it('names the path of a value that is missing, or null where it would become text', () => {
    const cases: [string, string][] = [
      ['{{ nothing }}', 'nothing is missing'],
      ['rate {{ payment_logs_summary.error_rate }}', 'payment_logs_summary.error_rate is null'],
      ['{{ payment_logs_summary.error_rate.x }}', 'payment_logs_summary.error_rate is null'],
      ['{{ payment_logs_summary.rate * 2 }}', 'payment_logs_summary.rate is missing'],
      ['{{ payment_logs_summary.samples.exists(s, s.level == "x") }}', 's.level is missing'],
      ['{{ alert.constructor }}', 'alert.constructor is missing'],
      ['{{ constructor }}', 'constructor is missing'],
    ];
    for (const [text, message] of cases) {
      const error = errorOf(() => render(text));
      expect(error).toBeInstanceOf(MissingValue);
      expect(error.message).toBe(message);
    }
    expect(render('{{ payment_logs_summary.error_rate }}')).toBe(null);
    expect(render('{{ payment_logs_summary.?rate.orValue(7) }} {{ has(alert.nope) }}')).toBe('7 false');
  });

  it('refuses what is no data: division by zero, optionals without a value, types', () => {
    for (const text of ['{{ 1 / vars.zero }}', '{{ 1.5 / 0 }}', '{{ alert.?nope }}', '{{ type(1) }}', '{{ int("x") }}'])
      expect(errorOf(() => render(text))).toBeInstanceOf(FixpointError);
    expect(render('{{ duration("90s") }}')).toBe('90s');
    expect(render('{{ timestamp("2026-01-02T03:04:05Z") }}')).toBe('2026-01-02T03:04:05.000Z');
  });

  it('bounds what an expression may cost, whatever the data', () => {
    const big = { l: Array.from({ length: 5_000 }, (_, i) => i), s: 'a'.repeat(70_000) };
    expect(render('{{ l.all(x, x >= 0) }}', undefined, big)).toBe(true);
    for (const text of [
      '{{ l.all(x, l.all(y, x + y >= 0)) }}',
      '{{ s.split("").all(a, s.split("").all(b, a == b)) }}',
      '{{ l.map(x, s).join("") }}',
      '{{ l.map(x, "").join(s) }}',
      '{{ l.exists(x, s.lowerAscii().contains("b")) || true }}',
      '{{ l.all(x, x in l) }}',
      `{{ ${Array.from({ length: 20 }, () => 's').join(' + ')} }}`,
    ])
      expect(errorOf(() => render(text, undefined, big)).message).toMatch(/turns|grows/);
  });

  it('takes regular expressions that never run away', () => {
    expect(render('{{ re(a, "^(a+)+$") }}', undefined, { a: `${'a'.repeat(40)}!` })).toBe(false);
    expect(render('{{ re(alert.service_name, "^order-") }}')).toBe(true);
  });

  it('keeps secrets out of errors', () => {
    const error = errorOf(() => render('{{ int(secrets.token) }}'));
    expect(error.message).not.toContain('hunter2');
  });
});

describe('rendering parameters', () => {
  it('renders strings in objects and lists and leaves keys and other values alone', () => {
    const parameters = JSON.parse(
      '{"{{ k }}": ["{{ vars.threshold }}", 3, null], "__proto__": {"x": "v{{ 1 + 1 }}"}}',
    ) as unknown;
    const rendered = renderDeep(parameters, SCOPE) as Record<string, unknown>;
    expect(rendered['{{ k }}']).toEqual([0.1, 3, null]);
    expect(Object.keys(rendered)).toEqual(['{{ k }}', '__proto__']);
    expect(Object.getPrototypeOf(rendered)).toBe(Object.prototype);
  });

  it('encodes by path', () => {
    const encodeOf = (path: readonly (string | number)[]): Encoding | undefined =>
      path[0] === 'url' ? 'url' : undefined;
    const scope = { x: 'a/b c' };
    expect(renderDeep({ url: '/x/{{ x }}', other: '/x/{{ x }}' }, scope, encodeOf)).toEqual({
      url: '/x/a%2Fb%20c',
      other: '/x/a/b c',
    });
  });
});

describe('a value in an address', () => {
  it('cannot leave its place', () => {
    expect(render('GET /api/{{ x }}/health?q={{ y }}', 'url', { x: 'a/../b?c#d', y: '&z=1 ü' })).toBe(
      'GET /api/a%2F..%2Fb%3Fc%23d/health?q=%26z%3D1%20%C3%BC',
    );
    expect(render('{{ x }}', 'url', { x: 'a b' })).toBe('a%20b');
    expect(render('GET /x?q={{ x }}', 'url', { x: '' })).toBe('GET /x?q=');
  });

  it.each([
    ['GET /api/{{ x }}/y', '..'],
    ['GET /api/{{ x }}/y', '.'],
    ['GET /api/.{{ x }}/y', '.'],
    ['DELETE /pods/{{ x }}', ''],
    ['GET https://{{ x }}/y', 'evil.example'],
    ['GET https://api.{{ x }}', 'example'],
    ['GET //{{ x }}/y', 'evil.example'],
    ['https://user@{{ x }}:80/', 'h'],
  ])('refuses %s with %s', (text, x) => {
    expect(errorOf(() => render(text, 'url', { x }))).toBeInstanceOf(FixpointError);
  });

  it('survives half a character', () => {
    expect(render('/{{ x }}', 'url', { x: 'a\ud800' })).toBe('/a%EF%BF%BD');
  });
});

describe('a value in a PromQL query', () => {
  it('is escaped inside a string, and quoted as a pattern after =~', () => {
    const x = 'a"b\\c.d';
    expect(render('up{job="{{ x }}"}', 'promql', { x })).toBe('up{job="a\\"b\\\\c.d"}');
    expect(render('up{job=~"{{ x }}|z"}', 'promql', { x: 'a.b' })).toBe('up{job=~"a\\\\.b|z"}');
    expect(render("up{job!~ '{{ x }}'}", 'promql', { x: "a+'" })).toBe("up{job!~ 'a\\\\+\\''}");
    expect(render('up{job=~`{{ x }}`}', 'promql', { x: 'a.b' })).toBe('up{job=~`a\\.b`}');
    expect(render('up{a="\\"{{ x }}"}', 'promql', { x: '"} or vector(1)' })).toBe('up{a="\\"\\"} or vector(1)"}');
    expect(render('up{a="{{ x }}"}', 'promql', { x: 'two\nlines' })).toBe('up{a="two\\nlines"}');
  });

  it('outside a string is a number, a duration or a name', () => {
    expect(render('rate({{ m }}[{{ w }}]) > {{ n }}', 'promql', { m: 'http_total', w: '5m', n: 0.5 })).toBe(
      'rate(http_total[5m]) > 0.5',
    );
    for (const x of ['a or b', 'up{}', '1)', '', 'or', '5 m', 'x"y', '-'])
      expect(errorOf(() => render('rate({{ x }})', 'promql', { x }))).toBeInstanceOf(FixpointError);
    expect(errorOf(() => render('up # {{ x }}', 'promql', { x: 'a' }))).toBeInstanceOf(FixpointError);
    expect(errorOf(() => render('up{a=`{{ x }}`}', 'promql', { x: '`' }))).toBeInstanceOf(FixpointError);
  });
});

describe('a condition', () => {
  it('holds when it is true, and tells the values it looked at', () => {
    expect(evaluateCondition('{{ payment_status.is_healthy }}', SCOPE)).toEqual({
      holds: true,
      explanation: 'payment_status.is_healthy is true',
    });
    expect(evaluateCondition('{{ alert.metric_value > 95 && payment_status.is_healthy }}', SCOPE)).toEqual({
      holds: false,
      explanation: 'alert.metric_value is 92.5, payment_status.is_healthy is true',
    });
    expect(evaluateCondition(false, SCOPE).holds).toBe(false);
  });

  it.each([
    ['{{ payment_logs_summary.error_rate < 0.1 }}', 'payment_logs_summary.error_rate is null'],
    ['{{ payment_logs_summary.error_rate != 0.5 }}', 'payment_logs_summary.error_rate is null'],
    ['{{ !(payment_logs_summary.error_rate == 0.5) }}', 'payment_logs_summary.error_rate is null'],
    ['{{ !(payment_logs_summary.error_rate in [0.5]) }}', 'payment_logs_summary.error_rate is null'],
    ['{{ payment_logs_summary.error_rate }}', 'payment_logs_summary.error_rate is null'],
    ['{{ !payment_logs_summary.nope }}', 'payment_logs_summary.nope is missing'],
    ['{{ gone.x > 1 }}', 'gone is missing'],
    ['{{ payment_status.status }}', 'payment_status.status is 200, not true or false'],
    ['{{ "true" }}', 'the condition is "true", not true or false'],
    ['payment_status.is_healthy', 'the condition is "payment_status.is_healthy", not true or false'],
    ['{{ a', 'never closed'],
    ['{{ alert.service_name > 3 }}', 'no such overload'],
  ])('%s does not hold', (condition, why) => {
    const { holds, explanation } = evaluateCondition(condition, SCOPE);
    expect(holds).toBe(false);
    expect(explanation).toContain(why);
  });

  it('can ask for null and for missing keys on purpose', () => {
    for (const condition of [
      '{{ payment_logs_summary.error_rate == null }}',
      '{{ payment_logs_summary.error_rate == null || payment_logs_summary.error_rate > 0.1 }}',
      '{{ !has(payment_logs_summary.nope) || payment_logs_summary.nope > 1 }}',
      '{{ payment_logs_summary.?nope.orValue(true) }}',
    ])
      expect(evaluateCondition(condition, SCOPE).holds).toBe(true);
  });

  it('never shows a secret', () => {
    expect(evaluateCondition('{{ secrets.token == "x" }}', SCOPE).explanation).toBe('secrets.token is set');
    expect(evaluateCondition('{{ secrets.token }}', SCOPE).explanation).not.toContain('hunter2');
  });
});
