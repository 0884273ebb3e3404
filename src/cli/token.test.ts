import { beforeEach, describe, expect, it } from 'vitest';
import { CliFace } from '../../test/helper/cli-face.js';
import { freePort } from '../../test/helper/loopback.js';
import { hashOf } from '../../test/helper/http-deps.js';
import { tokenCreate } from './token.js';
import type { CreateToken, TokenCreateOptions } from './token.js';

const face = new CliFace();
const ALERTMANAGER = { name: 'alertmanager', role: 'ingest' };
let written: string[];
/** The store is there for whoever wants it. */
const free: CreateToken = async (name, role) => {
  written.push(`${name} ${role}`);
  return { token_id: 'T1', token: 'fp_secret' };
};
/** A running Fixpoint holds the store. */
const held: CreateToken = async () => ({ held_at: face.url });

beforeEach(() => {
  written = [];
});

/** Runs the command in a world whose usual address nobody listens at, unless a test says otherwise. */
function create(options: Partial<TokenCreateOptions>, make: CreateToken = free): Promise<number> {
  const io = face.terminal.io({
    fetch: (url, init) => fetch(url.replace('http://127.0.0.1:8080', usual), init),
  });
  return tokenCreate({ ...ALERTMANAGER, ...options }, io, make);
}

let usual = '';
beforeEach(async () => {
  usual = `http://127.0.0.1:${await freePort()}`;
});

const made = (): unknown[] => [...face.world.tokens.values()].map(({ name, role }) => `${name} ${role}`);

describe('fixpoint token create', () => {
  it('writes into the store where no Fixpoint answers, and prints the token alone on standard output', async () => {
    expect(await create({})).toBe(0);
    expect(written).toEqual(['alertmanager ingest']);
    expect(face.terminal.lines).toEqual(['fp_secret']);
    expect(face.terminal.errors).toEqual(['token T1 for alertmanager (ingest); it is shown this once']);
  });

  it('asks the Fixpoint that is named, and never goes past what that one refuses', async () => {
    expect(await create({ url: face.url })).toBe(0);
    expect(made()).toEqual(['alertmanager ingest']);
    const [token = ''] = face.terminal.lines;
    expect(token).toMatch(/^fixpoint_[\w-]{32}$/);
    expect(face.world.tokens.has(hashOf(token))).toBe(true);
    expect(face.terminal.errors.join()).toContain(`made by the Fixpoint at ${face.url.replace(/\/$/, '')}`);
    expect(face.terminal.errors.join()).not.toContain(token);

    face.terminal.env = { FIXPOINT_TOKEN: 'not-known-here' };
    expect(await create({ url: face.url })).toBe(1);
    expect(face.terminal.errors.at(-1)).toContain('the token is not known here');
    expect(written).toEqual([]);
  });

  it('asks the Fixpoint at the usual address where a token for it is at hand', async () => {
    usual = face.url.replace(/\/$/, '');
    expect(await create({})).toBe(0);
    expect(made()).toEqual(['alertmanager ingest']);

    face.terminal.env = {};
    expect(await create({})).toBe(0);
    expect(written).toEqual(['alertmanager ingest']);
  });

  it('takes a configuration that is named for the Fixpoint that is meant, whatever answers elsewhere', async () => {
    usual = face.url.replace(/\/$/, '');
    expect(await create({ config: 'other.yaml' })).toBe(0);
    face.terminal.env = { ...face.terminal.env, FIXPOINT_CONFIG: 'other.yaml' };
    expect(await create({})).toBe(0);
    expect(written).toHaveLength(2);
    expect(made()).toEqual([]);
  });

  it('has the token made by the Fixpoint that holds the store', async () => {
    expect(await create({ json: true }, held)).toBe(0);
    expect(made()).toEqual(['alertmanager ingest']);
    expect(JSON.parse(face.terminal.text)).toMatchObject({ name: 'alertmanager', role: 'ingest' });

    face.terminal.env = {};
    expect(await create({}, held)).toBe(1);
    expect(face.terminal.errors.at(-1)).toMatch(
      /a running Fixpoint holds the store, and could not make the token: .*; name a token by --token, FIXPOINT_TOKEN/,
    );
  });

  it.each([
    ['x', 'root', '--role: expected viewer, operator, approver, admin or ingest, came "root"'],
    ['x', 'viewr', /--role: .* \(did you mean viewer\?\)$/],
    [' ', 'viewer', /^fixpoint: --name: expected at least 1 character/],
    ['a\nb', 'viewer', /--name: expected text without control characters/],
    ['x'.repeat(101), 'viewer', /--name: expected at most 100 characters/],
  ])('refuses name %j with role %s before anything is asked', async (name, role, message) => {
    expect(await create({ name, role, url: face.url })).toBe(2);
    if (typeof message === 'string') expect(face.terminal.errors[0]).toBe(`fixpoint: ${message}`);
    else expect(face.terminal.errors[0]).toMatch(message);
    expect(made()).toEqual([]);
  });
});
