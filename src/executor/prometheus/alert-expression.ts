import type { Alert } from '../../domain/alert/alert.js';

const MAX_LINK = 65_536;
const MAX_EXPRESSION = 16_384;

/**
 * The expression of the rule that raised an alert, from its generator link: `g0.expr` in the query (Prometheus, Thanos Rule, Mimir) or
 * behind the `#` of an address of vmui (VictoriaMetrics). Null when it holds none. Of the link nothing but the expression is used: its
 * host is whatever the sender wrote. Links into Grafana do not say whose language their expression is in, so they count as having none.
 */
export function expressionOf(alert: Alert): string | null {
  const link = alert.links['generator'];
  if (typeof link !== 'string' || link.length > MAX_LINK || !URL.canParse(link)) return null;
  const url = new URL(link);
  const behindHash = url.hash.includes('?') ? url.hash.slice(url.hash.indexOf('?') + 1) : '';
  const found = [url.searchParams, new URLSearchParams(behindHash)].flatMap((query) => query.getAll('g0.expr'));
  const [expression] = found;
  if (expression === undefined || found.length > 1) return null;
  const text = expression.trim();
  // A character that was lost on the way would make it another question.
  if (text === '' || text.length > MAX_EXPRESSION || text.includes('\ufffd')) return null;
  return text;
}
