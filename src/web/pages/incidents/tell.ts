import { useQueryClient } from '@tanstack/react-query';
import type { IncidentCommand, IncidentDetail } from '../../../domain/incident/incident.js';
import { path } from '../../api/client.js';
import { keyOf, useSend } from '../../api/queries.js';

type Deed = Exclude<IncidentCommand['type'], 'note'> | 'notes';

/** Tells an incident something; its answer is shown at once. Throws the service's refusal. */
export function useTell(incident_id: string): (deed: Deed, body: unknown) => Promise<IncidentDetail> {
  const client = useQueryClient();
  const own = path`/api/v1/incidents/${incident_id}`;
  const { mutateAsync } = useSend<IncidentDetail>('POST', {
    invalidate: ['/api/v1/incidents', '/api/v1/overview', '/api/v1/audit'],
    onDone: (incident) => client.setQueryData(keyOf(own), incident),
  });
  return (deed, body) => mutateAsync({ path: `${own}/${deed}`, body });
}
