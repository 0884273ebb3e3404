import { timingSafeEqual } from 'node:crypto';
import { applyPatch, asObject, equal, PatchRefused } from './json-patch.js';
import {
  deployedWorkloads,
  NAMESPACE,
  podEvents,
  podJson,
  scaleJson,
  wantedReplicas,
  workloadJson,
} from './kube-objects.js';
import type { Workload } from './kube-objects.js';
import { kubeFailure, kubeList, selectObjects, StatusError } from './kube-answers.js';
import { serveLoopback } from './loopback.js';
import type { Answer, Ask, Loopback } from './loopback.js';
import type { ShopModel } from './shop.js';

type Json = Record<string, unknown>;

/** More replicas than this and the shop's only node is full. */
const MAX_REPLICAS = 20;

const RESOURCES = {
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  replicasets: 'ReplicaSet',
  daemonsets: 'DaemonSet',
} as const;
type Resource = keyof typeof RESOURCES;

/** Serves the shop's workloads as the Kubernetes API does, to whoever shows `token`. */
export function serveKubernetes(
  port: number,
  deps: { readonly model: ShopModel; readonly token: string },
): Promise<Loopback> {
  const server = new KubeServer(deps.model);
  const expected = Buffer.from(`Bearer ${deps.token}`);
  return serveLoopback(port, (ask) => {
    const shown = Buffer.from(typeof ask.headers.authorization === 'string' ? ask.headers.authorization : '');
    const known = shown.length === expected.length && timingSafeEqual(shown, expected);
    if (['/healthz', '/livez', '/readyz'].includes(ask.path)) return { status: 200, body: 'ok' };
    try {
      if (!known) throw new StatusError(401, 'Unauthorized', 'Unauthorized');
      return server.answer(ask);
    } catch (error) {
      if (error instanceof StatusError) return kubeFailure(error);
      if (error instanceof PatchRefused)
        return kubeFailure(new StatusError(error.status, PATCH_REASONS[error.status] ?? 'BadRequest', error.message));
      throw error;
    }
  });
}

const PATCH_REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
};

class KubeServer {
  readonly #model: ShopModel;
  readonly #workloads: readonly Workload[];

  constructor(model: ShopModel) {
    this.#model = model;
    this.#workloads = deployedWorkloads(model);
  }

  answer(ask: Ask): Answer {
    const discovered = DISCOVERY[ask.path];
    if (discovered) return ok(discovered);
    const parts = ask.path.split('/').filter((part) => part !== '');
    if (parts[0] === 'api' && parts[1] === 'v1') return this.#core(ask, parts.slice(2));
    const group = `${parts[1] ?? ''}/${parts[2] ?? ''}`;
    if (parts[0] === 'apis' && group === 'apps/v1') return this.#apps(ask, parts.slice(3));
    if (parts[0] === 'apis' && group === 'autoscaling/v2' && parts.at(-1) === 'horizontalpodautoscalers') {
      return ok(kubeList('autoscaling/v2', 'HorizontalPodAutoscaler', [], only(ask, 'GET')));
    }
    if (parts[0] === 'apis' && group === 'authorization.k8s.io/v1' && parts[3] === 'selfsubjectaccessreviews')
      return review(ask);
    return { status: 404, body: '404 page not found\n' };
  }

  #core(ask: Ask, parts: readonly string[]): Answer {
    only(ask, 'GET');
    if (parts[0] === 'namespaces' && parts.length <= 2) return namespaces(ask, parts[1]);
    const namespaced = parts[0] === 'namespaces';
    const [resource, name] = namespaced ? parts.slice(2) : parts;
    const here = !namespaced || parts[1] === NAMESPACE;
    if (resource !== 'pods' && resource !== 'events') return { status: 404, body: '404 page not found\n' };
    const objects = here ? this.#workloads.flatMap((workload) => this.#below(workload, resource)) : [];
    if (name === undefined)
      return ok(kubeList('v1', resource === 'pods' ? 'Pod' : 'Event', selectObjects(objects, ask.query), ask));
    const object = objects.find((each) => asObject(each['metadata'])['name'] === name);
    if (!object) throw notFound('', resource, name);
    return ok(object);
  }

  #below(workload: Workload, resource: 'pods' | 'events'): Json[] {
    const pods = this.#model.pods(workload.service.name, this.#model.now());
    return pods.flatMap((pod) =>
      resource === 'pods' ? [podJson(this.#model, workload, pod)] : podEvents(this.#model, pod),
    );
  }

  #apps(ask: Ask, parts: readonly string[]): Answer {
    const namespaced = parts[0] === 'namespaces';
    const [resource, name, subresource, ...more] = namespaced ? parts.slice(2) : parts;
    if (!isResource(resource) || more.length > 0) return { status: 404, body: '404 page not found\n' };
    const here = !namespaced || parts[1] === NAMESPACE;
    const workloads = here ? this.#workloads.filter((workload) => workload.service.kind === RESOURCES[resource]) : [];
    if (name === undefined) {
      const objects = workloads.map((workload) => workloadJson(this.#model, workload));
      return ok(kubeList('apps/v1', RESOURCES[resource], selectObjects(objects, ask.query), only(ask, 'GET')));
    }
    const workload = workloads.find((each) => each.service.name === name);
    if (!workload) throw notFound('apps', resource, name);
    if (subresource !== undefined && subresource !== 'scale' && subresource !== 'status')
      return { status: 404, body: '404 page not found\n' };
    return this.#object(ask, resource, workload, subresource ?? null);
  }

  #object(ask: Ask, resource: Resource, workload: Workload, subresource: 'scale' | 'status' | null): Answer {
    const render = (): Json =>
      subresource === 'scale' ? scaleJson(this.#model, workload) : workloadJson(this.#model, workload);
    if (ask.method === 'GET') return ok(render());
    if (subresource === 'status' || (ask.method !== 'PATCH' && ask.method !== 'PUT')) throw methodNotAllowed();
    const before = render();
    const wanted =
      ask.method === 'PUT'
        ? parseBody(ask)
        : applyPatch(before, parseBody(ask), String(ask.headers['content-type'] ?? ''));
    checkIdentity(before, wanted, resource);
    const replicas = checkedReplicas(wanted, resource, workload.service.name);
    if (isDryRun(ask)) return ok({ ...wanted, spec: { ...asObject(wanted['spec']), replicas } });
    this.#write(workload, subresource === 'scale' ? null : wanted, replicas);
    return ok(render());
  }

  /** Takes over what was asked for; a write that changes nothing leaves the version as it is. */
  #write(workload: Workload, wanted: Json | null, replicas: number): void {
    const scales = replicas !== wantedReplicas(this.#model, workload);
    const metadata = wanted === null ? {} : asObject(wanted['metadata']);
    const labels = wanted === null ? workload.labels : asObject(metadata['labels'] ?? {});
    const annotations = wanted === null ? workload.annotations : asObject(metadata['annotations'] ?? {});
    const { replicas: _, ...spec } = wanted === null ? { replicas, ...workload.spec } : asObject(wanted['spec']);
    const respecs = !equal(spec, workload.spec);
    const restarts = !equal(spec['template'], workload.spec['template']);
    if (!scales && !respecs && equal(labels, workload.labels) && equal(annotations, workload.annotations)) return;
    Object.assign(workload, { labels, annotations, spec });
    workload.writes++;
    if (scales || respecs) workload.generation++;
    if (restarts) this.#model.restart(workload.service.name);
    if (scales) this.#model.scale(workload.service.name, replicas);
  }
}

function isResource(text: string | undefined): text is Resource {
  return text !== undefined && Object.hasOwn(RESOURCES, text);
}

function ok(body: Json): Answer {
  return { status: 200, body };
}

function only(ask: Ask, method: string): Ask {
  if (ask.method !== method && !(method === 'GET' && ask.method === 'HEAD')) throw methodNotAllowed();
  return ask;
}

function parseBody(ask: Ask): Json {
  try {
    const body: unknown = JSON.parse(ask.body.toString('utf8'));
    if (typeof body === 'object' && body !== null) return body as Json; // a list goes on to applyPatch, which looks
  } catch {
    // told below
  }
  throw new StatusError(400, 'BadRequest', 'the object provided is unrecognized (must be of type JSON)');
}

function isDryRun(ask: Ask): boolean {
  const asked = ask.query.getAll('dryRun');
  if (asked.some((value) => value !== 'All')) {
    throw new StatusError(
      422,
      'Invalid',
      `PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "${asked.join(',')}": supported values: "All"`,
    );
  }
  return asked.length > 0;
}

/** What names an object cannot be changed, and a version that is given must be the newest. */
function checkIdentity(before: Json, wanted: Json, resource: Resource): void {
  const was = asObject(before['metadata']);
  const is = asObject(wanted['metadata']);
  const name = String(was['name']);
  if (is['resourceVersion'] !== undefined && is['resourceVersion'] !== was['resourceVersion']) {
    const message = `Operation cannot be fulfilled on ${resource}.apps "${name}": the object has been modified; please apply your changes to the latest version and try again`;
    throw new StatusError(409, 'Conflict', message, { name, group: 'apps', kind: resource });
  }
  if (is['uid'] !== undefined && is['uid'] !== was['uid']) {
    const message = `Operation cannot be fulfilled on ${resource}.apps "${name}": Precondition failed: UID in precondition: ${JSON.stringify(is['uid'])}, UID in object meta: ${String(was['uid'])}`;
    throw new StatusError(409, 'Conflict', message, { name, group: 'apps', kind: resource });
  }
  if (is['name'] !== name) {
    throw new StatusError(
      400,
      'BadRequest',
      `the name of the object (${String(is['name'])}) does not match the name on the URL (${name})`,
    );
  }
}

function checkedReplicas(wanted: Json, resource: Resource, name: string): number {
  const replicas = asObject(wanted['spec'] ?? {})['replicas'] ?? 1;
  const refuse = (why: string): never => {
    const message = `${RESOURCES[resource]}.apps "${name}" is invalid: spec.replicas: Invalid value: ${JSON.stringify(replicas)}: ${why}`;
    throw new StatusError(422, 'Invalid', message, { name, group: 'apps', kind: RESOURCES[resource] });
  };
  if (typeof replicas !== 'number' || !Number.isInteger(replicas)) return refuse('must be a whole number');
  if (replicas < 0) return refuse('must be greater than or equal to 0');
  if (replicas > MAX_REPLICAS) {
    throw new StatusError(
      403,
      'Forbidden',
      `${resource}.apps "${name}" is forbidden: the shop's node has room for ${MAX_REPLICAS} replicas of a service`,
    );
  }
  return replicas;
}

function namespaces(ask: Ask, name: string | undefined): Answer {
  const object = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE, labels: { 'kubernetes.io/metadata.name': NAMESPACE } },
    status: { phase: 'Active' },
  };
  if (name === undefined) return ok(kubeList('v1', 'Namespace', [object], ask));
  if (name !== NAMESPACE) throw notFound('', 'namespaces', name);
  return ok(object);
}

function review(ask: Ask): Answer {
  only(ask, 'POST');
  const body = asObject(parseBody(ask));
  const attributes = asObject(body['spec'] ?? {});
  if (attributes['resourceAttributes'] === undefined && attributes['nonResourceAttributes'] === undefined) {
    throw new StatusError(
      422,
      'Invalid',
      'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
  }
  const status = { allowed: true, reason: 'everything is allowed in the shop' };
  return {
    status: 201,
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      metadata: {},
      spec: attributes,
      status,
    },
  };
}

function notFound(group: string, resource: string, name: string): StatusError {
  const full = group === '' ? resource : `${resource}.${group}`;
  return new StatusError(404, 'NotFound', `${full} "${name}" not found`, { name, group, kind: resource });
}

function methodNotAllowed(): StatusError {
  return new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

function resources(groupVersion: string, names: readonly (readonly [string, string, readonly string[]])[]): Json {
  const list = names.map(([name, kind, verbs]) => ({
    name,
    kind,
    verbs,
    namespaced: true,
    singularName: kind.toLowerCase(),
  }));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: list };
}

function group(name: string, version: string): Json {
  const preferred = { groupVersion: `${name}/${version}`, version };
  return { name, versions: [preferred], preferredVersion: preferred };
}

const READ = ['get', 'list'] as const;
const WRITE = ['get', 'list', 'patch', 'update'] as const;
const DISCOVERY: Readonly<Record<string, Json>> = {
  '/version': {
    major: '1',
    minor: '35',
    gitVersion: 'v1.35.4',
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '2026-10-01T00:00:00Z',
    goVersion: 'go1.26',
    compiler: 'gc',
    platform: 'linux/amd64',
  },
  '/api': { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] },
  '/apis': {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [group('apps', 'v1'), group('autoscaling', 'v2'), group('authorization.k8s.io', 'v1')],
  },
  '/api/v1': resources('v1', [
    ['pods', 'Pod', READ],
    ['events', 'Event', READ],
    ['namespaces', 'Namespace', READ],
  ]),
  '/apis/apps/v1': resources('apps/v1', [
    ['deployments', 'Deployment', WRITE],
    ['deployments/scale', 'Scale', WRITE],
    ['statefulsets', 'StatefulSet', WRITE],
    ['statefulsets/scale', 'Scale', WRITE],
  ]),
  '/apis/autoscaling/v2': resources('autoscaling/v2', [['horizontalpodautoscalers', 'HorizontalPodAutoscaler', READ]]),
  '/apis/authorization.k8s.io/v1': resources('authorization.k8s.io/v1', [
    ['selfsubjectaccessreviews', 'SelfSubjectAccessReview', ['create']],
  ]),
};
