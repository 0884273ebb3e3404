import { z } from 'zod';

/** A part of a query of Elasticsearch. */
export type Clause = Readonly<Record<string, unknown>>;

const Capability = z.object({ indices: z.union([z.string(), z.array(z.string())]).nullish() });
const FieldCaps = z.object({
  indices: z.union([z.string(), z.array(z.string())]),
  fields: z.record(z.string(), z.record(z.string(), Capability)),
});

/** How one field can be asked in some of the indices. */
export interface FieldUse {
  readonly field: string;
  /** `exact`: whole values; `text`: words; `number` and `ip`: values of that kind only. */
  readonly way: 'exact' | 'text' | 'number' | 'ip';
  /** Null: wherever the field exists. */
  readonly indices: readonly string[] | null;
}

/** How the fields that were asked for can be used, and in which indices that was looked up. */
export interface KnownFields {
  readonly indices: readonly string[];
  readonly uses: ReadonlyMap<string, readonly FieldUse[]>;
}

const WAYS: Readonly<Record<string, FieldUse['way']>> = {
  keyword: 'exact',
  constant_keyword: 'exact',
  wildcard: 'exact',
  counted_keyword: 'exact',
  text: 'text',
  match_only_text: 'text',
  pattern_text: 'text',
  annotated_text: 'text',
  ip: 'ip',
  byte: 'number',
  short: 'number',
  integer: 'number',
  long: 'number',
  unsigned_long: 'number',
  float: 'number',
  half_float: 'number',
  double: 'number',
  scaled_float: 'number',
};

/** The names to ask the cluster about: each field, and the sub-field that a dynamic mapping gives to text. */
export function askedNames(fields: readonly string[]): string[] {
  return [...new Set(fields.flatMap((field) => [field, `${field}.keyword`]))];
}

/** Reads an answer of `_field_caps` (asked with `include_unmapped`, so that a field that some indices lack names the others); null when it is none. */
export function readFieldCaps(answer: unknown): KnownFields | null {
  const parsed = FieldCaps.safeParse(answer);
  if (!parsed.success) return null;
  const known = new Map<string, FieldUse[]>();
  for (const [field, types] of Object.entries(parsed.data.fields)) {
    const uses: FieldUse[] = [];
    for (const [type, { indices }] of Object.entries(types)) {
      const way = WAYS[type];
      if (way === undefined) continue;
      uses.push({ field, way, indices: indices == null ? null : listOf(indices) });
    }
    if (uses.length > 0) known.set(field, uses);
  }
  return { indices: listOf(parsed.data.indices), uses: known };
}

function listOf(value: string | string[]): string[] {
  return typeof value === 'string' ? [value] : value;
}

/** The ways to ask a field for whole values: where text has a keyword sub-field, that one, since words of a text match too much. */
export function exactUses(known: KnownFields, field: string): FieldUse[] {
  const uses = known.uses.get(field) ?? [];
  const keyword = (known.uses.get(`${field}.keyword`) ?? []).filter((use) => use.way === 'exact');
  const others = uses.filter((use) => use.way !== 'text');
  const words: FieldUse[] = [];
  if (!keyword.some((use) => use.indices === null)) {
    const covered = new Set(keyword.flatMap((use) => use.indices ?? []));
    for (const use of uses) {
      if (use.way !== 'text') continue;
      const rest = (use.indices ?? known.indices).filter((index) => !covered.has(index));
      if (rest.length > 0) words.push(covered.size === 0 ? use : { ...use, indices: rest });
    }
  }
  return [...others, ...keyword, ...words];
}

/** A clause that holds only in the indices of its use. */
export function within(use: FieldUse, clause: Clause): Clause {
  if (use.indices === null) return clause;
  return { bool: { filter: [{ terms: { _index: use.indices } }, clause] } };
}

/** Any of the clauses; one that never holds when there is none. */
export function anyOf(clauses: readonly Clause[]): Clause {
  const [only] = clauses;
  if (only === undefined) return { match_none: {} };
  return clauses.length === 1 ? only : { bool: { should: clauses, minimum_should_match: 1 } };
}
