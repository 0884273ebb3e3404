import { z } from 'zod';
import { Severity } from '../alert/alert.js';
import { Grade, IncidentState, Priority } from '../incident/incident.js';
import { FilterText, PageQuery, Since } from './page.js';
import { Remark } from './run.js';

/** The filters of `GET /api/v1/incidents`; all must hold. */
export const IncidentQuery = PageQuery.extend({
  state: IncidentState.exactOptional(),
  open: z.enum(['true', 'false']).exactOptional().describe('true: not resolved; false: resolved'),
  service_name: FilterText.exactOptional().describe('One of its services'),
  severity: Severity.exactOptional().describe('The worst that was ever told'),
  priority: Priority.exactOptional(),
  assignee: FilterText.exactOptional(),
  since: Since.exactOptional().describe('Opened since then'),
});

/** What goes with acknowledging, resolving and reopening; the body may be missing. */
export const IncidentComment = z.strictObject({ comment: Remark }).prefault({});

const Name = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'expected text without control characters');

/** Who works at it; null takes it away from whoever does. */
export const IncidentAssignment = z.strictObject({ assignee: Name.nullable() });

/** What people want to remember of it. */
export const IncidentNote = z.strictObject({
  text: z
    .string()
    .trim()
    .min(1)
    .max(10_000)
    // Line breaks are kept; what a database or a terminal cannot show is not.
    .overwrite((text) => text.replace(/\r\n?/g, '\n').replace(/(?!\n|\t)\p{Cc}|\p{Cs}/gu, '\uFFFD')),
});

/** Impact and urgency as a person sees them; the priority follows. */
export const IncidentGrades = z.strictObject({ impact: Grade, urgency: Grade });
