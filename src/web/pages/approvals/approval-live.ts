import { useQueryClient } from '@tanstack/react-query';
import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import type { Approval } from '../../../domain/run/run.js';
import { path } from '../../api/client.js';
import { invalidate, useGet } from '../../api/queries.js';
import { useEventStream } from '../../api/stream.js';
import { BROWSER_CLOCK, createPacer } from '../../api/pacer.js';

/** Where one approval is read. */
export function approvalUrl(approval_id: string): string {
  return path`/api/v1/approvals/${approval_id}`;
}

const PENDING_MS = 4_000;
const OVER_MS = 30_000;
/** A question that is kept true: who else answers is seen at once. */
export interface LiveApproval {
  readonly query: UseQueryResult<Approval>;
  /** The run that asks. */
  readonly run: RunAnswer | undefined;
  /** It was still open when it was first shown. */
  readonly wasPending: boolean;
}

/** Follows one question for as long as the component is there. */
export function useLiveApproval(approval_id: string): LiveApproval {
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
  const runUrl = path`/api/v1/runs/${approval?.run_id ?? ''}`;
  const run = useGet<RunAnswer>(runUrl, { enabled: approval !== undefined }).data;
  const pacer = useMemo(
    () => createPacer(() => invalidate(client, [url, runUrl]), BROWSER_CLOCK),
    [client, url, runUrl],
  );
  useEffect(() => () => pacer.stop(), [pacer]);
  useEventStream({
    url: isPending && run !== undefined ? `${runUrl}/events` : null,
    after: run === undefined ? null : String(run.seq),
    onFrames: () => pacer.ask(),
  });
  return { query, run, wasPending };
}
