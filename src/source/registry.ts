import type { SourceModule } from '../domain/source.js';
import { alertmanager } from './alertmanager/alertmanager.js';
import { generic } from './generic/generic.js';
import { zabbix } from './zabbix/zabbix.js';

/** Every monitoring system that Fixpoint understands, the most telling shape first: `POST /webhook/alert` asks them in this order. */
export const sources: readonly SourceModule[] = [zabbix, alertmanager, generic];
