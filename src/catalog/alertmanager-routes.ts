import { parseMatcher } from '../domain/alert/label.js';
import type { MatcherOperator } from '../domain/alert/label.js';
import { dataAt } from '../domain/schema-problem.js';
import type { DataPath } from '../domain/schema-problem.js';
import { writeMatcher } from '../domain/suppression/suppression.js';
import { listAt, matchersOf } from './alertmanager-matchers.js';
import type { Remark } from './alertmanager-matchers.js';

/** A route that is muted at times, and the alerts that come to it. */
export interface MutedRoute {
  readonly path: DataPath;
  readonly receiver: string;
  readonly matchers: readonly string[];
  /** Names of intervals in which it is muted, and of those outside of which it is. */
  readonly mute: readonly string[];
  readonly active: readonly string[];
}

interface Route {
  readonly path: DataPath;
  readonly receiver: string;
  readonly matchers: readonly string[] | null;
  readonly mute: readonly string[];
  readonly active: readonly string[];
  readonly goes_on: boolean;
  readonly routes: readonly Route[];
}

const MAX_DEPTH = 50;

/**
 * The routes of an Alertmanager's configuration that are muted at times, each with the matchers on the way to it. What other routes take first
 * is left out where one matcher says so, and remarked on where it takes more.
 */
export function routesWithTimes(data: unknown, remark: Remark): MutedRoute[] {
  const root = dataAt(data, ['route']);
  if (root === undefined) return [];
  const found: MutedRoute[] = [];
  collect(readRoute(root, ['route'], '', 0, remark), [], found, remark);
  return found;
}

function readRoute(data: unknown, path: DataPath, inherited: string, depth: number, remark: Remark): Route {
  const given = dataAt(data, ['receiver']);
  const receiver = typeof given === 'string' ? given : inherited;
  const names = (key: string): string[] => listAt(data, [key]).map(String);
  if (depth === MAX_DEPTH) remark(path, `routes nest deeper than ${MAX_DEPTH}; those below are not looked at`);
  const below = depth === MAX_DEPTH ? [] : listAt(data, ['routes']);
  return {
    path,
    receiver,
    matchers: matchersOf(data, path, ['matchers', 'match', 'match_re'], remark),
    mute: names('mute_time_intervals'),
    active: names('active_time_intervals'),
    goes_on: dataAt(data, ['continue']) === true,
    routes: below.map((route, index) => readRoute(route, [...path, 'routes', index], receiver, depth + 1, remark)),
  };
}

function collect(route: Route, above: readonly string[], found: MutedRoute[], remark: Remark): void {
  const isMuted = route.mute.length + route.active.length > 0;
  if (route.matchers === null) {
    if (isMuted || route.routes.length > 0)
      remark(route.path, 'this route and those below it are not taken, because not all of its matchers are understood');
    return;
  }
  const here = [...above, ...route.matchers];
  if (isMuted) {
    const others = route.routes.filter((child) => !isMutedAlike(child, route));
    const without = exclude(others, route.path, remark);
    if (without !== null) {
      const { path, receiver, mute, active } = route;
      found.push({ path, receiver, matchers: [...new Set([...here, ...without])], mute, active });
    }
  }
  for (const [index, child] of route.routes.entries()) {
    const before = route.routes.slice(0, index).filter((other) => !other.goes_on);
    const without = hasTimes(child) ? exclude(before, child.path, remark) : [];
    if (without !== null) collect(child, [...here, ...without], found, remark);
  }
}

function hasTimes(route: Route): boolean {
  return route.mute.length + route.active.length > 0 || route.routes.some(hasTimes);
}

function isMutedAlike(one: Route, other: Route): boolean {
  return JSON.stringify([one.mute, one.active]) === JSON.stringify([other.mute, other.active]);
}

const OPPOSITE: Readonly<Record<MatcherOperator, MatcherOperator>> = { '=': '!=', '!=': '=', '=~': '!~', '!~': '=~' };

/** Matchers that leave out what other routes take; null when they take everything. */
function exclude(others: readonly Route[], path: DataPath, remark: Remark): string[] | null {
  const without: string[] = [];
  for (const { matchers, receiver } of others) {
    const [only, ...more] = matchers ?? [];
    if (matchers?.length === 0) {
      remark(path, `this route is not taken: ${called(receiver)} takes everything that would come to it`);
      return null;
    }
    if (only !== undefined && more.length === 0) {
      const { name, operator, value } = parseMatcher(only);
      without.push(writeMatcher(name, OPPOSITE[operator], value));
    } else
      remark(
        path,
        `what ${called(receiver)} takes instead (${(matchers ?? []).join(' ')}) is held here as well: narrow the matchers by hand`,
      );
  }
  return without;
}

function called(receiver: string): string {
  return receiver === '' ? 'another route' : `the route to ${receiver}`;
}
