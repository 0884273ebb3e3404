// P7c: taking up a rules.yaml of 10,000 rules that changed while the service runs. A process of its own, whose folder is the first argument.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCatalog } from '../../dist/catalog/catalog.js';
import { compileRules } from '../../dist/domain/rule/rule-match.js';
import { createRules } from './workload.mjs';

const PLAYBOOK = 'PB-Bench-Other';
const folder = process.argv[2];
const rules = createRules(10_000, PLAYBOOK);
let version = 0;
let look;

/** The catalog looks for changes when it is told to. */
const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (_ms, wake) => {
    look = wake;
    return () => undefined;
  },
};
const log = { info: () => undefined, warn: () => undefined, error: () => undefined, child: () => log };

/** Every rule is another one than before. */
function change() {
  version += 1;
  const text = JSON.stringify({ rules: rules.map((rule) => ({ ...rule, priority: version })) });
  writeFileSync(join(folder, 'rules.yaml'), text);
  return text;
}

async function reload(catalog) {
  let isOver = false;
  let longest = 0;
  let last = performance.now();
  const watch = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(watch);
  };
  const taken = new Promise((resolve) => {
    const stop = catalog.onChange((content) => {
      stop();
      resolve(compileRules(content.rules).size);
    });
  });
  const begin = performance.now();
  watch();
  look();
  const size = await taken;
  const ms = performance.now() - begin;
  isOver = true;
  // The turn in which it was taken up counts as well.
  longest = Math.max(longest, performance.now() - last);
  if (size !== rules.length) throw new Error(`${size} rules are in force, not ${rules.length}`);
  return { ms, longest };
}

function parse(text) {
  const begin = performance.now();
  JSON.parse(text);
  return performance.now() - begin;
}

const questions = {
  reload: async () => {
    change();
    return reload(catalog);
  },
  /** The comparison: what reading the same text costs that checks nothing. */
  parse: () => ({ ms: parse(change()) }),
};

process.on('message', ({ id, ask }) => {
  Promise.resolve(questions[ask]()).then(
    (value) => process.send({ id, value }),
    (error) => process.send({ id, error: error.message }),
  );
});
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, `${PLAYBOOK}.yaml`),
  JSON.stringify({ playbook_id: PLAYBOOK, tasks: [{ id: 'look', type: 'noop' }] }),
);
change();
const kinds = new Map([
  [
    'noop',
    { kind: 'noop', title: 'noop', effect: 'read', input: (await import('zod')).z.looseObject({}), output_keys: null },
  ],
]);
const catalog = await openCatalog({ dir: folder, kinds, clock, watch: true, log });
await catalog.whole();
for (let round = 0; round < 3; round++) await questions.reload();
process.send({ ready: {} });
