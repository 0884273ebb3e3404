import { useQueryClient } from '@tanstack/react-query';
import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Approval } from '../../../domain/run.js';
import { path } from '../../api/client.js';
import { invalidate, useGet } from '../../api/queries.js';
import { useEventStream } from '../../api/stream.js';

/** Where one approval is read. */
export function approvalUrl(approval_id: string): string {
  return path`/api/v1/approvals/${approval_id}`;
}

const PENDING_MS = 4_000;
const OVER_MS = 30_000;
/** The run's events that change a question. */
const NEWS = /^(?:approval_|step_|run_)/;

/** A question that is kept true: who else answers is seen at once. `wasPending`: it was still open when it was first shown. */
export function useLiveApproval(approval_id: string): {
  readonly query: UseQueryResult<Approval>;
  readonly wasPending: boolean;
} {
  const client = useQueryClient();
  const url = approvalUrl(approval_id);
  const [pace, setPace] = useState(PENDING_MS);
  const query = useGet<Approval>(url, { live: pace });
  const approval = query.data;
  const isPending = approval?.state === 'pending';
  const [wasPending, setWasPending] = useState(false);
  useEffect(() => {
    if (isPending) setWasPending(true);
    setPace(isPending ? PENDING_MS : OVER_MS);
  }, [isPending]);
  useEventStream({
    url: isPending ? `${path`/api/v1/runs/${approval.run_id}`}/events` : null,
    // What happened before is in the answer already; the stream is asked from the beginning, for its number is not known here.
    after: null,
    onFrames: (frames) => {
      if (!frames.some(({ type, data }) => concerns(type, data, approval_id))) return;
      void invalidate(client, [url, path`/api/v1/runs/${approval?.run_id ?? ''}`]);
    },
  });
  return { query, wasPending };
}

function concerns(type: string, data: string, approval_id: string): boolean {
  return NEWS.test(type) || data.includes(approval_id);
}
