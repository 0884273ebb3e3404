import type { Quantity } from './quantity.js';
import { parseQuantity } from './quantity.js';

/** Longer texts are not looked through. */
const MAX_LENGTH = 2_000;

/** The same in Chinese, where nothing stands between words. */
const CHINESE = {
  units: '毫秒|秒|分钟|小时',
  says_value: '(?:当前|目前|实际|最新|现)值?[为是]?',
  says_is: '(?:[为是]|达到?|升至|降至)',
} as const;
const NUMBER = String.raw`[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?`;
const UNIT = String.raw`[%\uff05]|\u2030|${CHINESE.units}|(?:ns|us|\u00b5s|ms|s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?|d|days?|percent|ppm|[kKMGTP]i?B(?:\/s|ps)?|[kKMGTP]b(?:\/s|ps)|B\/s|bytes?|req\/s|rps|qps|ops\/s|\u00b0C|K|M|G)(?![\w/])`;
/** What the figure is of stands before it: a word that says that it is the one, and what may stand between. */
const SAYS_VALUE = String.raw`(?:\b(?:current|latest|actual|measured|observed)(?:ly)?(?:[ _]value)?|\b(?:metric[ _])?value)(?:\s+(?:is|was|of|at))?\s*[:=]?\s*|${CHINESE.says_value}\s*[:\uff1a=]?\s*`;
const SAYS_IS = String.raw`(?:\b(?:is|was|are|reached|hit)(?:\s+(?:now|currently|at))?\s+|[=:\uff1a]\s*|${CHINESE.says_is}\s*)`;

const VALUE = new RegExp(`(?:${SAYS_VALUE})(${NUMBER})\\s*(${UNIT})?(?![\\w.:/-])`, 'gi');
// Without the flag i: `m` and `M` differ, and here only a unit makes of a number a figure.
const IS = new RegExp(`${SAYS_IS}(${NUMBER})\\s*(${UNIT})(?!\\s*(?:old|ago)\\b)(?![\\w.:/-])`, 'g');
/** What stands right before a figure that is a limit, or how long something has lasted. */
const NOT_THE_VALUE = /(?:threshold|limit|target|max(?:imum)?|min(?:imum)?|allowed|expected|slo|than|above|below|over|under|exceeds?|exceeded|for|since|within|last|past|window|timeout|interval|[<>]=?)\s*(?:value)?\s*(?:is|was|of|[:=(])?\s*$|(?:阈值|上限|下限|限制|目标|预期|最大|最小|超过|超出|高于|低于|大于|小于|不足|持续(?:时间|时长)?|间隔|窗口|过去|最近|已)值?\s*[为是达]?到?\s*[:：=(（]?\s*$/i; // prettier-ignore

/**
 * The one figure that a text gives as its value: `current value: 95.2`, `latency is 1240 ms`, `usage=93.5%`, `当前值：95`. A number without a unit counts
 * only behind a word such as `value` or `current`. Thresholds and lengths of time (`above 90%`, `for 5m`) do not count, and where two
 * different figures remain nobody can tell: null.
 */
export function valueInText(text: string): Quantity | null {
  if (text.length > MAX_LENGTH || !/\d/.test(text)) return null;
  const said = figures(text, VALUE);
  const found = said.length > 0 ? said : figures(text, IS);
  const [first] = found;
  if (first === undefined) return null;
  return found.every(({ value, unit }) => value === first.value && unit === first.unit) ? first : null;
}

function figures(text: string, pattern: RegExp): Quantity[] {
  const found: Quantity[] = [];
  for (const match of text.matchAll(pattern)) {
    const [, number = '', unit = ''] = match;
    if (NOT_THE_VALUE.test(text.slice(Math.max(0, match.index - 40), match.index + match[0].lastIndexOf(number))))
      continue;
    const quantity = parseQuantity(`${number} ${unit}`.trim());
    if (quantity !== null) found.push(quantity);
  }
  return found;
}
