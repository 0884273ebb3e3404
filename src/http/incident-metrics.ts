import { Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Clock } from '../domain/clock.js';
import { Priority } from '../domain/incident/incident.js';
import type { IncidentTiming } from '../domain/incident/incident-store.js';
import { settleWithin } from '../domain/time-limit.js';

/** What is measured of incidents. */
export interface IncidentMetrics {
  /** Somebody has taken one, or one was resolved. */
  incidentTimed(timing: IncidentTiming): void;
  /** How open incidents are counted at each scrape; one that cannot count in time leaves the figures as they were. */
  readOpenIncidents(read: () => Promise<Partial<Record<Priority, number>>>): void;
}

/** A scrape does not wait longer for this. */
const COUNT_WITHIN_MS = 2_000;
const SECONDS = [60, 300, 900, 1_800, 3_600, 14_400, 28_800, 86_400, 259_200, 604_800];

/** Measures incidents in a registry of the caller's. */
export function incidentMetrics(registry: Registry, clock: Clock): IncidentMetrics {
  let read: (() => Promise<Partial<Record<Priority, number>>>) | null = null;
  const open = new Gauge({
    name: 'fixpoint_incidents_open',
    help: 'Incidents that are not resolved',
    labelNames: ['priority'],
    registers: [registry],
    async collect() {
      if (read === null) return;
      const late = () => new Error('not counted in time');
      const counts = await settleWithin(read(), COUNT_WITHIN_MS, clock, late).catch(() => null);
      if (counts) for (const priority of Priority.options) open.set({ priority }, counts[priority] ?? 0);
    },
  });
  const times = {
    acknowledged: timer(registry, 'acknowledge', 'From the opening of an incident until somebody took it'),
    resolved: timer(registry, 'resolve', 'From the opening of an incident until it was resolved'),
  };
  return {
    incidentTimed: ({ what, priority, seconds }) => times[what].observe({ priority }, seconds),
    readOpenIncidents: (given) => {
      read = given;
    },
  };
}

function timer(registry: Registry, what: string, help: string): Histogram<'priority'> {
  return new Histogram({
    name: `fixpoint_incident_time_to_${what}_seconds`,
    help,
    labelNames: ['priority'],
    buckets: SECONDS,
    registers: [registry],
  });
}
