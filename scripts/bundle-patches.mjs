// What the bundles change in libraries, so that a start does not pay for what it does not use. Behaviour stays theirs; a library that no longer has
// these words fails the build.

/** Each: whose file, what it says there, how often, and what is to stand in its place. */
const PATCHES = [
  {
    // To learn whether it runs at Cloudflare, `pg` asks for `Response`: that loads Node's whole fetch, 40 ms and 4 MB.
    file: /[\\/]pg[\\/]lib[\\/]stream\.js$/,
    from: 'function isCloudflareRuntime() {',
    times: 1,
    to: '$& return false;',
  },
  {
    // The router compiles two functions for each route, most of them the same as another's.
    file: /[\\/]find-my-way[\\/]lib[\\/]handler-storage\.js$/,
    from: 'new Function(',
    times: 2,
    to: 'compiledOnce(',
    above: `const compiled = new Map();
function compiledOnce(parameter, body) {
  const key = parameter + '\\n' + body;
  let found = compiled.get(key);
  if (!found) compiled.set(key, (found = new Function(parameter, body)));
  return found;
}
`,
  },
  {
    // A schema is compiled at its first use; most of a start's are used once, and reading without is quicker then.
    file: /[\\/]zod[\\/]v4[\\/]core[\\/]schemas\.js$/,
    from: 'if (jit && fastEnabled && ctx?.async === false && ctx.jitless !== true) {',
    times: 1,
    to: 'if (jit && fastEnabled && ctx?.async === false && ctx.jitless !== true && (reads > 16 || ++reads > 16)) {',
    also: [['    let fastpass;\n', '    let fastpass;\n    let reads = 0;\n']],
  },
];

/** The patches as a plugin of rolldown's. */
export function patches() {
  const applied = new Set();
  return {
    name: 'patches',
    transform(code, id) {
      const patch = PATCHES.find(({ file }) => file.test(id));
      if (!patch) return null;
      applied.add(patch);
      return apply(patch, code, id);
    },
    buildEnd(error) {
      const unused = PATCHES.filter((patch) => !applied.has(patch));
      if (!error && unused.length > 0) throw new Error(`no file was ${unused.map(({ file }) => file).join(', ')}`);
    },
  };
}

function apply({ from, times, to, above = '', also = [] }, code, id) {
  const wanted = [[from, to, times], ...also.map(([each, other]) => [each, other, 1])];
  let changed = code;
  for (const [each, other, count] of wanted) {
    const found = changed.split(each).length - 1;
    if (found !== count)
      throw new Error(`${id} says ${JSON.stringify(each)} ${found} times, not ${count}: see its patch`);
    changed = changed.replaceAll(each, other);
  }
  return above + changed;
}
