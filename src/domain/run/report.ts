import { z } from 'zod';
import { Priority } from '../incident/incident.js';
import { Mode } from '../playbook/playbook.js';
import { RunOutcome, RunState, StepState } from './run.js';

/** Why something is left for a person to look at. */
export const LeftReason = z.enum(['failed', 'in_doubt', 'waiting', 'held', 'not_done', 'still_firing', 'not_fixed']);
export type LeftReason = z.infer<typeof LeftReason>;

/** What a finished (or unfinished) run has to tell people. The texts are in one language; the facts are the same in all. */
export const Report = z.object({
  run_id: z.string(),
  language: z.enum(['en', 'zh']),
  title: z.string(),
  state: RunState,
  outcome: RunOutcome.nullable(),
  mode: Mode,
  dry_run: z.boolean(),
  /** True when the run wrote nothing because it was not to: a dry run, or a playbook in shadow mode. */
  recorded_only: z.boolean(),
  /** A few sentences: what happened, what was done, whether it helped. */
  summary: z.string(),
  playbook_id: z.string(),
  playbook_name: z.string(),
  rule_id: z.string().nullable(),
  service_name: z.string().nullable(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  duration_ms: z.number().nullable(),
  alert: z
    .object({
      alert_id: z.string(),
      alert_name: z.string(),
      severity: z.string(),
      status: z.string(),
      service_name: z.string().nullable(),
      host_ip: z.string().nullable(),
      metric_value: z.number().nullable(),
      metric_unit: z.string().nullable(),
      description: z.string(),
      timestamp: z.string(),
      source_system: z.string(),
    })
    .nullable(),
  /** What the alert is part of; null or absent: nothing. */
  incident: z.object({ incident_id: z.string(), title: z.string(), priority: Priority }).nullable().exactOptional(),
  alert_count: z.int(),
  /** When the last firing alert of the run resolved; null while one fires, or where the run has none. */
  alerts_resolved_at: z.string().nullable(),
  /** What was seen: one line per step that read something. */
  seen: z.array(z.object({ step_id: z.string(), name: z.string(), text: z.string() })),
  /** What was done: writes, with from and to; `recorded_only` in a dry run or shadow. `notify`: somebody was told. */
  done: z.array(
    z.object({
      step_id: z.string(),
      name: z.string(),
      effect: z.enum(['write', 'notify']),
      target: z.string(),
      what: z.string(),
      from: z.string(),
      to: z.string(),
      recorded_only: z.boolean(),
    }),
  ),
  /** What is left for a person: failed steps, writes in doubt, writes held back, an alert that still fires. */
  left: z.array(z.object({ step_id: z.string().nullable(), reason: LeftReason, text: z.string() })),
  timeline: z.array(
    z.object({
      at: z.string(),
      step_id: z.string().nullable(),
      /** What the line is about: a step's state, or a run event. */
      state: z.union([StepState, z.enum(['opened', 'resolved', 'retrying', 'told', 'control', 'finished', 'omitted'])]),
      text: z.string(),
      duration_ms: z.number().nullable(),
    }),
  ),
  /** Addresses to read on, http and https only. */
  links: z.record(z.string(), z.string()),
});
export type Report = z.infer<typeof Report>;
