import type { AlertAnswer } from '../../../domain/api/alert.js';

/** The command that asks the service at `origin` for this alert; the token comes from the shell's surroundings. */
export function curlOf({ alert_id }: Pick<AlertAnswer, 'alert_id'>, origin: string): string {
  return `curl -sS -H "Authorization: Bearer $FIXPOINT_TOKEN" '${origin}/api/v1/alerts/${encodeURIComponent(alert_id)}'`;
}

/** The address of a link that may be followed: http or https; null for anything else, `javascript:` above all. */
export function safeUrl(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { protocol, href } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? href : null;
}
