import type { Answer, Ask } from './loopback.js';

type Json = Record<string, unknown>;

/** A refusal as Kubernetes words it. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Json | null;

  constructor(code: number, reason: string, message: string, details: Json | null = null) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

/** The refusal as an object of kind Status. */
export function kubeFailure({ code, reason, message, details }: StatusError): Answer {
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details ? { details } : {}),
    code,
  };
  return { status: code, body };
}

/** A list of objects, cut at the `limit` of the request. The shop is small: there is never a second page. */
export function kubeList(apiVersion: string, kind: string, items: readonly Json[], ask: Ask): Json {
  const limit = Number(ask.query.get('limit') ?? '0');
  const shown = limit > 0 ? items.slice(0, limit) : items;
  return { kind: `${kind}List`, apiVersion, metadata: { resourceVersion: '10000' }, items: shown };
}

/** The objects that fit the request's `labelSelector` and `fieldSelector`; a selector that makes no sense is refused. */
export function selectObjects(objects: readonly Json[], query: URLSearchParams): Json[] {
  const labels = (query.get('labelSelector') ?? '').split(/,(?![^(]*\))/).filter((part) => part.trim() !== '');
  const fields = (query.get('fieldSelector') ?? '').split(',').filter((part) => part.trim() !== '');
  const tests = [...labels.map(labelTest), ...fields.map(fieldTest)];
  return objects.filter((object) => tests.every((test) => test(object)));
}

function labelTest(requirement: string): (object: Json) => boolean {
  const text = requirement.trim();
  const value = (object: Json, key: string): unknown => at(object, ['metadata', 'labels', key]);
  const set = /^([\w./-]+) (in|notin) \(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key = '', word, list = ''] = set;
    const values = list.split(',').map((each) => each.trim());
    return (object) => values.includes(textAt(value(object, key))) === (word === 'in');
  }
  const equality = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(text);
  if (equality) {
    const [, key = '', operator, wanted = ''] = equality;
    return (object) => (value(object, key) === wanted) === (operator !== '!=');
  }
  const existence = /^(!?)([\w./-]+)$/.exec(text);
  if (!existence)
    throw new StatusError(
      400,
      'BadRequest',
      `unable to parse requirement: found '${text}', expected: a label selector`,
    );
  return (object) => (value(object, existence[2] ?? '') !== undefined) === (existence[1] === '');
}

function fieldTest(requirement: string): (object: Json) => boolean {
  const match = /^([\w.]+)(==|=|!=)(.*)$/.exec(requirement.trim());
  if (!match)
    throw new StatusError(400, 'BadRequest', `invalid selector: '${requirement}'; can't understand '${requirement}'`);
  const [, path = '', operator, wanted] = match;
  return (object) => (textAt(at(object, path.split('.'))) === wanted) === (operator !== '!=');
}

function at(object: Json, path: readonly string[]): unknown {
  let value: unknown = object;
  for (const key of path)
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Json)[key] : undefined; // an object of JSON has string keys
  return value;
}

function textAt(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}
