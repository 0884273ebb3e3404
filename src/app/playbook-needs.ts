import { counted } from '../domain/counted.js';
import { stat } from 'node:fs/promises';
import { checkFiles } from '../catalog/check.js';
import type { Config, Settings } from '../config.js';
import type { ConnectionCheck } from '../domain/connection.js';
import { messageOf } from '../domain/errors.js';
import { failureActions } from '../domain/playbook/playbook.js';
import type { CheckedPlaybook, Task } from '../domain/playbook/playbook.js';
import { executorModules, executorSpecs } from '../executor/registry.js';
import { notificationSpec } from '../executor/notify/notify.js';
import { notifierModules } from '../notifier/registry.js';

/** What is wrong with the folder that playbooks are read from. */
export interface FolderFault {
  /** The folder as it was resolved, the setting that names it, and what is wrong. */
  readonly message: string;
  /** True where somebody named the folder; the default may be missing, because a service without playbooks still takes alerts. */
  readonly refuses_start: boolean;
}

/** A need of a task that no setting fulfils. */
interface Lack {
  /** `executors.elasticsearch.url` */
  readonly settings: string;
  /** What the tasks cannot do without it. */
  readonly so: 'cannot run' | 'can tell nobody';
  readonly task_ids: string[];
}

type Step = Pick<Task, 'id' | 'type' | 'action' | 'parameters'>;
type Slice = Readonly<Record<string, unknown>>;

/** More lines than this are one problem, not many. */
const MAX_LINES = 50;
const MAX_TASKS = 5;

/** Null when the playbooks folder is there and is a folder. */
export async function playbooksFolderFault({
  settings,
  file,
  fromEnvironment,
  fromFile,
}: Config): Promise<FolderFault | null> {
  const { playbooks_dir } = settings;
  const wrong = await stat(playbooks_dir).then(
    (info) => (info.isDirectory() ? null : `${playbooks_dir} is not a folder`),
    (error: unknown) =>
      isMissing(error) ? `there is no folder ${playbooks_dir}` : `${playbooks_dir} cannot be read: ${messageOf(error)}`,
  );
  if (wrong === null) return null;
  const variable = fromEnvironment.get('playbooks_dir');
  const inFile = fromFile.has('playbooks_dir') ? (file ?? 'the configuration') : null;
  const origin = variable ? `named by ${variable}` : inFile ? `set in ${inFile}` : 'the default';
  return { message: `playbooks_dir: ${wrong} (${origin})`, refuses_start: origin !== 'the default' };
}

/** The lines of `fixpoint doctor` about playbooks: whether they can be read, and which settings their tasks lack. */
export async function checkPlaybooks(config: Config): Promise<ConnectionCheck[]> {
  const { settings } = config;
  const line = { name: 'playbooks_dir', target: settings.playbooks_dir };
  const fault = await playbooksFolderFault(config);
  if (fault !== null) return [{ ...line, ok: false, message: fault.message, required: fault.refuses_start }];
  const { playbooks, rules, problems } = await checkFiles([settings.playbooks_dir], executorSpecs);
  const found = `${counted(playbooks.size, 'playbook')}, ${counted(rules.length, 'rule')}`;
  const message =
    problems.length === 0
      ? found
      : `${found}; ${counted(problems.length, 'problem')}, see: fixpoint check ${settings.playbooks_dir}`;
  return [
    { ...line, ok: problems.length === 0, message, required: false },
    ...missingSettings(playbooks.values(), settings),
  ];
}

/** A warning for each setting that a loaded playbook needs and that is not set. Playbooks that are off need nothing. */
export function missingSettings(playbooks: Iterable<CheckedPlaybook>, settings: Settings): ConnectionCheck[] {
  const lines: ConnectionCheck[] = [];
  for (const { playbook } of playbooks) {
    if ((playbook.mode ?? settings.default_mode) === 'off') continue;
    for (const { settings: names, so, task_ids } of lacksOf(playbook.tasks, settings)) {
      const shown = task_ids.slice(0, MAX_TASKS).join(', ');
      const more = task_ids.length > MAX_TASKS ? ` and ${task_ids.length - MAX_TASKS} more` : '';
      const what = `${task_ids.length === 1 ? 'task' : 'tasks'} ${shown}${more}`;
      const message = `${names} is not set: ${playbook.playbook_id} ${what} ${so}`;
      lines.push({ name: 'playbooks', target: playbook.playbook_id, ok: false, message, required: false });
    }
  }
  if (lines.length <= MAX_LINES) return lines;
  const message = `${lines.length - MAX_LINES} more settings that playbooks need are not set`;
  return [...lines.slice(0, MAX_LINES), { name: 'playbooks', target: '', ok: false, message, required: false }];
}

function lacksOf(tasks: readonly Task[], settings: Settings): Lack[] {
  const lacks = new Map<string, Lack>();
  for (const task of tasks) {
    const wants = [
      ...stepsOf(task).flatMap((step) => lacksOfStep(step, settings).map((names) => ({ names, so: withoutIt(step) }))),
      ...lacksOfNews(task, settings).map((names) => ({ names, so: 'can tell nobody' as const })),
    ];
    for (const { names, so } of wants) {
      const lack = lacks.get(`${so} ${names}`) ?? { settings: names, so, task_ids: [] };
      if (!lack.task_ids.includes(task.id)) lack.task_ids.push(task.id);
      lacks.set(`${so} ${names}`, lack);
    }
  }
  return [...lacks.values()];
}

function withoutIt({ type }: Step): Lack['so'] {
  return type.toLowerCase() === notificationSpec.kind ? 'can tell nobody' : 'cannot run';
}

/** A task, and what undoes it. */
function stepsOf(task: Task): Step[] {
  if (typeof task.compensate !== 'object') return [task];
  return [task, { id: task.id, ...task.compensate }];
}

function lacksOfStep(step: Step, settings: Settings): string[] {
  const kind = step.type.toLowerCase();
  const module = executorModules.find(({ specs }) => specs.some((spec) => spec.kind === kind));
  if (module === undefined) return [];
  const slice: unknown = settings.executors[module.name];
  // A slice that is there was validated when the configuration was read.
  const parsed = slice === undefined ? module.config.safeParse({}) : { success: true as const, data: slice };
  if (!parsed.success) {
    const paths = parsed.error.issues.map(({ path }) => ['executors', module.name, ...path.map(String)].join('.'));
    return [...new Set(paths)];
  }
  return BEYOND_SCHEMA[kind]?.(step, isMap(parsed.data) ? parsed.data : {}, settings) ?? [];
}

/** Kinds whose slice is optional in every key, and that need one of the keys all the same. */
const BEYOND_SCHEMA: Readonly<Record<string, (step: Step, slice: Slice, settings: Settings) => string[] | null>> = {
  api_call: ({ action }, { base_url }) =>
    base_url === undefined && /^\s*[A-Za-z]+\s+\//.test(action ?? '') ? ['executors.api_call.base_url'] : null,
  kubernetes_scale: (_step, { kubeconfig, in_cluster, server }) =>
    kubeconfig === undefined && in_cluster !== true && server === undefined
      ? ['executors.kubernetes.kubeconfig, in_cluster or server']
      : null,
  service_topology: (_step, { url, services }) =>
    url === undefined && Object.keys(isMap(services) ? services : {}).length === 0
      ? ['executors.topology.url or services']
      : null,
  database_check: ({ parameters }, { databases }) => {
    const name = parameters?.['database'];
    const known = isMap(databases) ? databases : {};
    return typeof name === 'string' && !name.includes('{{') && !Object.hasOwn(known, name)
      ? [`executors.database.databases.${name}`]
      : null;
  },
  notification: ({ parameters }, _slice, settings) => {
    const channels = parameters?.['channels'];
    if (!Array.isArray(channels) || channels.length === 0) return anyChannel(settings);
    const named = channels.filter((name): name is string => typeof name === 'string' && !name.includes('{{'));
    return named.filter((name) => !channelsOf(settings).includes(name)).map((name) => `notifiers.${name}`);
  },
};

/** What a task's `on_success` and `on_failure` tell people goes where notices without channels go. */
function lacksOfNews(task: Task, settings: Settings): string[] {
  const actions = failureActions(task.on_failure);
  const tells = task.on_success !== undefined || actions.includes('notify') || actions.includes('escalate');
  return tells ? anyChannel(settings) : [];
}

function anyChannel(settings: Settings): string[] {
  if (settings.report.notify !== undefined)
    return settings.report.notify.length > 0 ? [] : ['a channel in report.notify'];
  const [first, ...others] = notifierModules.map(({ name }) => name);
  return channelsOf(settings).length > 0 ? [] : [`notifiers.${first ?? ''} (or ${others.join(', ')})`];
}

function channelsOf(settings: Settings): string[] {
  return Object.entries(settings.notifiers).flatMap(([name, slice]) => (slice === undefined ? [] : [name]));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
