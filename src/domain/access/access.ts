import { z } from 'zod';

/** What a token may do: `ingest` posts alerts, `viewer` reads, `operator` also starts and steers runs, `approver` also answers approvals, `admin` everything. */
export const Role = z.enum(['viewer', 'operator', 'approver', 'admin', 'ingest']);
export type Role = z.infer<typeof Role>;

/** What a request needs. */
export type Right = 'post_alerts' | 'read' | 'operate' | 'approve' | 'administer';

const RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  ingest: ['post_alerts'],
  viewer: ['read'],
  operator: ['read', 'operate', 'post_alerts'],
  approver: ['read', 'operate', 'approve'],
  admin: ['read', 'operate', 'approve', 'administer', 'post_alerts'],
};

/** Deny by default: a role has exactly the rights listed for it. */
export function mayDo(role: Role, right: Right): boolean {
  return RIGHTS[role].includes(right);
}
