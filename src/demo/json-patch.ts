/** A patch that the API server would not apply: 400 for one that makes no sense, 422 for one that does not fit the object, 415 for an unknown kind. */
export class PatchRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'PatchRefused';
    this.status = status;
  }
}

type Json = Record<string, unknown>;

/** The object after a patch of the given content type; the object itself stays as it is. */
export function applyPatch(object: Json, patch: unknown, contentType: string): Json {
  switch ((contentType.split(';')[0] ?? '').trim()) {
    case 'application/json-patch+json':
      return applyJsonPatch(object, patch);
    case 'application/merge-patch+json':
      return asObject(merge(object, asObject(patch), false));
    case 'application/strategic-merge-patch+json':
      return asObject(merge(object, asObject(patch), true));
    default:
      throw new PatchRefused(
        415,
        `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json`,
      );
  }
}

/** RFC 6902, all operations or none; a `test` that does not hold is refused with 422, as Kubernetes does. */
export function applyJsonPatch(object: Json, patch: unknown): Json {
  if (!Array.isArray(patch))
    throw new PatchRefused(400, 'json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  if (patch.length > 10_000) throw new PatchRefused(413, 'The allowed maximum operations in a JSON patch is 10000');
  const result = structuredClone(object);
  for (const operation of patch as unknown[]) applyOperation(result, asObject(operation));
  return result;
}

function applyOperation(root: Json, operation: Json): void {
  const path = pointer(operation['path']);
  switch (operation['op']) {
    case 'test': {
      const holder = holderOf(root, path);
      if (!equal(holder.get(), operation['value']))
        throw new PatchRefused(422, `testing value ${String(operation['path'])} failed`);
      return;
    }
    case 'add':
      holderOf(root, path).add(operation['value']);
      return;
    case 'replace': {
      const holder = holderOf(root, path);
      if (holder.get() === undefined)
        throw new PatchRefused(
          422,
          `replace operation does not apply: doc is missing key: ${String(operation['path'])}: missing value`,
        );
      holder.set(operation['value']);
      return;
    }
    case 'remove': {
      const holder = holderOf(root, path);
      if (holder.get() === undefined)
        throw new PatchRefused(422, `unable to remove nonexistent key: ${String(operation['path'])}: missing value`);
      holder.remove();
      return;
    }
    case 'copy':
    case 'move': {
      const source = holderOf(root, pointer(operation['from']));
      const value = structuredClone(source.get());
      if (operation['op'] === 'move') source.remove();
      holderOf(root, path).add(value);
      return;
    }
    default:
      throw new PatchRefused(400, `Unexpected kind: ${String(operation['op'])}`);
  }
}

interface Holder {
  get(): unknown;
  set(value: unknown): void;
  add(value: unknown): void;
  remove(): void;
}

function holderOf(root: Json, path: readonly string[]): Holder {
  const key = path.at(-1);
  let parent: unknown = root;
  for (const part of path.slice(0, -1)) parent = child(parent, part);
  if (key === undefined || typeof parent !== 'object' || parent === null) {
    throw new PatchRefused(
      422,
      `add operation does not apply: doc is missing path: "/${path.join('/')}": missing value`,
    );
  }
  return Array.isArray(parent) ? listHolder(parent, key) : objectHolder(asObject(parent), key);
}

function objectHolder(parent: Json, key: string): Holder {
  if (['__proto__', 'constructor', 'prototype'].includes(key)) throw new PatchRefused(422, `${key} is no field`);
  const set = (value: unknown): void => {
    parent[key] = structuredClone(value);
  };
  return { get: () => parent[key], set, add: set, remove: () => delete parent[key] };
}

function listHolder(parent: unknown[], key: string): Holder {
  const index = key === '-' ? parent.length : Number(key);
  if (!Number.isInteger(index) || index < 0 || index > parent.length)
    throw new PatchRefused(422, `Unable to access invalid index: ${key}: invalid index referenced`);
  return {
    get: () => parent[index],
    set: (value) => {
      parent[index] = structuredClone(value);
    },
    add: (value) => parent.splice(index, 0, structuredClone(value)),
    remove: () => parent.splice(index, 1),
  };
}

function child(parent: unknown, key: string): unknown {
  if (Array.isArray(parent)) return (parent as unknown[])[Number(key)];
  return typeof parent === 'object' && parent !== null && Object.hasOwn(parent, key)
    ? (parent as Json)[key]
    : undefined; // an object of JSON has string keys
}

function pointer(path: unknown): string[] {
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw new PatchRefused(400, `invalid path ${JSON.stringify(path)}: expected a JSON pointer that begins with /`);
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** RFC 7396; `strategic` also merges lists whose members have names, by name. */
function merge(target: unknown, patch: unknown, strategic: boolean): unknown {
  if (Array.isArray(patch))
    return strategic && isNamed(patch) && isNamed(target) ? mergeNamed(target, patch) : structuredClone(patch);
  if (typeof patch !== 'object' || patch === null) return patch;
  const result: Json = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else if (key !== '__proto__') result[key] = merge(result[key], value, strategic);
  }
  return result;
}

function isNamed(value: unknown): value is { name: string }[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((member) => typeof (member as { name?: unknown } | null)?.name === 'string')
  );
}

function mergeNamed(target: readonly { name: string }[], patch: readonly { name: string }[]): unknown[] {
  const merged = target.map((member) => {
    const change = patch.find((other) => other.name === member.name);
    return change ? merge(member, change, true) : member;
  });
  return [...merged, ...patch.filter((member) => !target.some((other) => other.name === member.name))];
}

/** The value as an object of JSON; anything else is refused. */
export function asObject(value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json; // just looked at; JSON has string keys only
  throw new PatchRefused(400, `expected a JSON object, got ${Array.isArray(value) ? 'a list' : JSON.stringify(value)}`);
}

/** Deep equality of two JSON values; the order of keys does not matter. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (
    typeof a !== 'object' ||
    typeof b !== 'object' ||
    a === null ||
    b === null ||
    Array.isArray(a) !== Array.isArray(b)
  )
    return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal((a as Json)[key], (b as Json)[key]))
  ); // both are JSON objects or lists here
}
