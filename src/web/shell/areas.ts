import type { ComponentType } from 'react';
import type { IconName } from '../kit/icon.js';
import { later } from '../kit/later.js';
import type { Later } from '../kit/later.js';
import type { CommonWords } from '../words/common.js';

/** One area of the pages, loaded when it is first gone to. */
export interface Area {
  readonly id: Exclude<keyof CommonWords['nav'], 'label' | 'more' | 'skip'>;
  readonly path: string;
  readonly icon: IconName;
  /** The second key after `g`. */
  readonly key: string;
  /** In the bar at the bottom of a phone; the others stand behind “More”. */
  readonly first: boolean;
  readonly Pages: Later<object>['Part'];
  /** Fetches its code ahead of time. */
  readonly preload: () => void;
}

type Load = () => Promise<{ readonly Pages: ComponentType }>;

function area(id: Area['id'], icon: IconName, key: string, first: boolean, load: Load): Area {
  const { Part, preload } = later(async () => (await load()).Pages);
  return { ...{ id, icon, key, first }, path: id === 'now' ? '/' : `/${id}`, Pages: Part, preload };
}

/** The areas in the order of the navigation. */
export const AREAS: readonly Area[] = [
  area('now', 'now', 'n', true, () => import('../pages/now/index.js')),
  area('alerts', 'alert', 'a', true, () => import('../pages/alerts/index.js')),
  area('incidents', 'incident', 'i', false, () => import('../pages/incidents/index.js')),
  area('runs', 'run', 'r', true, () => import('../pages/runs/index.js')),
  area('approvals', 'approval', 'p', true, () => import('../pages/approvals/index.js')),
  area('playbooks', 'playbook', 'b', false, () => import('../pages/playbooks/index.js')),
  area('rules', 'rule', 'u', false, () => import('../pages/rules/index.js')),
  area('silences', 'silence', 's', false, () => import('../pages/silences/index.js')),
  area('system', 'system', 'y', false, () => import('../pages/system/index.js')),
];

/** The area that an address belongs to; null for an address that there is not. */
export function areaOf(path: string): Area | null {
  const first = path.split('/')[1] ?? '';
  return AREAS.find(({ path: own }) => own.slice(1) === first) ?? null;
}
