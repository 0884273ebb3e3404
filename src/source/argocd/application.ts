import type { ErrorDetail } from '../../domain/errors.js';
import type { Foreign } from '../foreign.js';
import { isForeign, place } from '../foreign.js';
import { readObject } from '../scalar.js';

/** True for an Application of Argo CD as Kubernetes knows it, which is what `{{toJson .app}}` prints. */
export function isApplication(value: unknown): boolean {
  return (
    isForeign(value) &&
    value['kind'] === 'Application' &&
    typeof value['apiVersion'] === 'string' &&
    value['apiVersion'].startsWith('argoproj.io/')
  );
}

/** The body with the fields of docs/changes.md: where the application stands in it whole, or is the body, they are taken out of it. */
export function withoutTheWhole(body: Foreign, details: ErrorDetail[]): Foreign {
  if (isApplication(body)) return fieldsOf(body, '', details);
  const app = body['app'];
  // Not every template leaves kind and apiVersion in; metadata is what names it.
  if (!isForeign(app) || !('metadata' in app)) return body;
  return { ...fieldsOf(app, 'app', details), ...body, ...nameOf(app, 'app', details) };
}

function nameOf(app: Foreign, at: string, details: ErrorDetail[]): Foreign {
  return { app: readObject(app, 'metadata', at, details)?.['name'] ?? null };
}

function fieldsOf(app: Foreign, at: string, details: ErrorDetail[]): Foreign {
  const object = (from: Foreign, key: string, here: string): Foreign => readObject(from, key, here, details) ?? {};
  const [metadata, spec, status] = [object(app, 'metadata', at), object(app, 'spec', at), object(app, 'status', at)];
  const destination = object(spec, 'destination', place(at, 'spec'));
  const operation = object(status, 'operationState', place(at, 'status'));
  const inOperation = place(place(at, 'status'), 'operationState');
  const labels = object(metadata, 'labels', place(at, 'metadata'));
  const initiated = object(object(operation, 'operation', inOperation), 'initiatedBy', place(inOperation, 'operation'));
  const synced = object(status, 'sync', place(at, 'status'));
  return {
    ...nameOf(app, at, details),
    uid: metadata['uid'],
    project: spec['project'],
    namespace: destination['namespace'],
    destination: destination['server'] ?? destination['name'],
    environment: labels['environment'] ?? labels['env'],
    repository: firstSource(spec)['repoURL'],
    phase: operation['phase'],
    revision: revisionOf(object(operation, 'syncResult', inOperation)) ?? revisionOf(synced),
    sync: synced['status'],
    health: object(status, 'health', place(at, 'status'))['status'],
    message: operation['message'],
    started_at: operation['startedAt'],
    finished_at: operation['finishedAt'],
    initiated_by: initiated['username'],
  };
}

/** An application has one source, or a list of them. */
function firstSource(spec: Foreign): Foreign {
  const { source, sources } = spec;
  if (isForeign(source)) return source;
  const first: unknown = Array.isArray(sources) ? sources[0] : null;
  return isForeign(first) ? first : {};
}

function revisionOf(from: Foreign): unknown {
  // With several sources the one revision is there too, and empty.
  const { revision, revisions } = from;
  return (revision === '' ? undefined : revision) ?? (Array.isArray(revisions) ? revisions[0] : undefined);
}
