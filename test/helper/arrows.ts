import ts from 'typescript';

/** One row of the floors' table: these folders of src/ may import their own files and those of `may_import`. */
export interface Floor {
  readonly floor: string;
  readonly folders: readonly string[];
  readonly may_import: readonly string[];
  /** Built-in modules of Node that it may use; `'any'` stands for all but timers. */
  readonly node: 'any' | readonly string[];
  /** Globals that would make it impure. */
  readonly banned: readonly string[];
}

export interface House {
  readonly floors: readonly Floor[];
  /** Folders whose sub-folders are strangers to one another; a file directly in such a folder belongs to all of them. */
  readonly strangers: readonly string[];
  /** Where each foreign package lives: folders of src/, or files of the roof. The roof may import every package. */
  readonly homes: Readonly<Record<string, readonly string[]>>;
  /** What package.json installs for production, and what is built into the web pages. */
  readonly dependencies: readonly string[];
}

interface Arrow {
  readonly target: string;
  readonly dynamic_unknown: boolean;
}

/** Everything in a tree of sources that breaks the house's rules, one line each, sorted. `files` maps `src/…` paths to texts. */
export function brokenRules(files: ReadonlyMap<string, string>, house: House): string[] {
  const broken: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, text] of files) {
    if (/\.test\.tsx?$/.test(path)) continue;
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
    const inside: string[] = [];
    for (const arrow of arrowsOf(source)) {
      if (arrow.dynamic_unknown) broken.push(`${path}: import() of something that cannot be read here`);
      else if (!arrow.target.startsWith('.')) broken.push(...foreignFault(path, arrow.target, house));
      else {
        const target = resolve(path, arrow.target, files);
        if (target !== path) inside.push(target);
        broken.push(...insideFault(path, target, files, house));
      }
    }
    graph.set(path, inside);
    broken.push(...globalFaults(path, source, house));
  }
  return [...new Set([...broken, ...circles(graph)])].sort();
}

function arrowsOf(source: ts.SourceFile): Arrow[] {
  const arrows: Arrow[] = [];
  const add = (node: ts.Node | undefined): void => {
    if (node && ts.isStringLiteralLike(node)) arrows.push({ target: node.text, dynamic_unknown: false });
    else arrows.push({ target: '', dynamic_unknown: true });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node.moduleSpecifier);
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
      add(node.moduleReference.expression);
    else if (ts.isImportTypeNode(node)) add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined);
    else if (ts.isCallExpression(node) && isImportCall(node)) add(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return arrows;
}

function isImportCall(node: ts.CallExpression): boolean {
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ts.isIdentifier(node.expression) && node.expression.text === 'require';
}

/** The file that an import means; `.js` stands for what it was compiled from. */
function resolve(from: string, specifier: string, files: ReadonlyMap<string, string>): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  const named = parts.join('/').replace(/\.mjs$/, '.mts');
  const component = named.replace(/\.js$/, '.tsx');
  return files.has(component) ? component : named.replace(/\.js$/, '.ts');
}

/** `src/triage/match.ts` → `triage`; the roof, which is what stands directly in src/ or in src/app/, answers null. */
function folderOf(path: string): string | null {
  const [, folder = null, ...rest] = path.split('/');
  return rest.length > 0 && folder !== 'app' ? folder : null;
}

/** The sub-folder of a folder of strangers; null for a file that stands directly in it. */
function strangerOf(path: string): string | null {
  const parts = path.split('/');
  return parts.length > 3 ? (parts[2] ?? null) : null;
}

function floorOf(path: string, house: House): Floor | 'roof' | null {
  const folder = folderOf(path);
  if (folder === null) return 'roof';
  return house.floors.find((floor) => floor.folders.includes(folder)) ?? null;
}

function insideFault(path: string, target: string, files: ReadonlyMap<string, string>, house: House): string[] {
  const arrow = `${path} → ${target}`;
  if (!target.startsWith('src/')) return [`${arrow}: leaves src/`];
  if (/\.test\.tsx?$/.test(target)) return [`${arrow}: a test is not there to be imported`];
  // Style sheets and texts have no imports of their own and are found, or not, by the build.
  if (/\.css$|\?raw$/.test(target)) return [];
  if (!files.has(target)) return [`${arrow}: there is no such file`];
  const floor = floorOf(path, house);
  if (floor === null) return [`${path}: its folder stands on no floor`];
  if (floor === 'roof') return [];
  const [from, to] = [folderOf(path), folderOf(target)];
  if (to === null) return [`${arrow}: the roof is not imported from below`];
  if (from !== to) return floor.may_import.includes(to) ? [] : [`${arrow}: ${floor.floor} may not import ${to}/`];
  if (!house.strangers.includes(to)) return [];
  const [self, other] = [strangerOf(path), strangerOf(target)];
  if (self === null || other === null || self === other) return [];
  return [`${arrow}: ${to}/${self} and ${to}/${other} do not know one another`];
}

function foreignFault(path: string, specifier: string, house: House): string[] {
  const floor = floorOf(path, house);
  if (floor === null) return [`${path}: its folder stands on no floor`];
  if (specifier.startsWith('node:')) return nodeFault(path, specifier, floor);
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const arrow = `${path} → ${name}`;
  if (!house.dependencies.includes(name)) {
    const said = isBareBuiltin(name) ? `write node:${name}` : "is not among package.json's dependencies";
    return [`${arrow}: ${said}`];
  }
  if (floor === 'roof') return [];
  const homes = house.homes[name];
  if (!homes) return [`${arrow}: the package has no home in the table`];
  const home = homes.find((folder) => folder === '*' || path.startsWith(`src/${folder}/`));
  return home === undefined ? [`${arrow}: its home is ${homes.join(', ')}`] : [];
}

const BARE_BUILTINS = [
  'fs',
  'path',
  'crypto',
  'http',
  'https',
  'net',
  'os',
  'timers',
  'process',
  'child_process',
  'url',
];

function isBareBuiltin(name: string): boolean {
  return BARE_BUILTINS.includes(name);
}

function nodeFault(path: string, specifier: string, floor: Floor | 'roof'): string[] {
  if (floor === 'roof') return [];
  const module = specifier.slice('node:'.length);
  const allowed = floor.node === 'any' ? !module.startsWith('timers') : floor.node.includes(module);
  return allowed ? [] : [`${path} → ${specifier}: not on this floor (${floor.floor})`];
}

function globalFaults(path: string, source: ts.SourceFile, house: House): string[] {
  const floor = floorOf(path, house);
  if (floor === null || floor === 'roof' || floor.banned.length === 0) return [];
  const declared = declaredNames(source);
  const faults: string[] = [];
  const visit = (node: ts.Node): void => {
    const used = usedGlobal(node);
    if (used !== null && floor.banned.includes(used) && !declared.has(used.split('.')[0] ?? used)) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      faults.push(`${path}:${line}: ${used} does not belong on this floor (${floor.floor})`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return faults;
}

/** The impure thing that a node uses, in the words of the table: `Date.now`, `new Date()`, `setTimeout` … */
function usedGlobal(node: ts.Node): string | null {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    return `${node.expression.text}.${node.name.text}`;
  }
  const callee = ts.isNewExpression(node) || ts.isCallExpression(node) ? node.expression : null;
  if (callee && ts.isIdentifier(callee) && callee.text === 'Date') {
    return ts.isCallExpression(node) || (node as ts.NewExpression).arguments?.length === 0 ? 'new Date()' : null;
  }
  if (!ts.isIdentifier(node) || isNameOfSomething(node)) return null;
  return node.text;
}

/** True where an identifier names a member or a declaration instead of referring to a variable. */
function isNameOfSomething(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent) || ts.isTypeReferenceNode(parent)) return true;
  const named =
    ts.isPropertyAssignment(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isVariableDeclaration(parent) ||
    ts.isParameter(parent) ||
    ts.isBindingElement(parent) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isImportSpecifier(parent);
  return named && parent.name === node;
}

function declaredNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isImportSpecifier(node) ||
      ts.isImportClause(node);
    if (declares && node.name && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

/** One line for each knot of files that import one another, shown as the shortest way round from its first file. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const told = new Set<string>();
  for (const start of [...graph.keys()].sort()) {
    if (told.has(start)) continue;
    const way = wayRound(graph, start);
    if (way === null) continue;
    for (const path of way) told.add(path);
    found.push(`circle: ${[...way, start].join(' → ')}`);
  }
  return found;
}

function wayRound(graph: ReadonlyMap<string, readonly string[]>, start: string): string[] | null {
  const from = new Map<string, string>();
  const queue = [start];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const next of graph.get(path) ?? []) {
      if (next === start) {
        const way = [path];
        for (let step = path; step !== start;) way.unshift((step = from.get(step) ?? start));
        return way;
      }
      if (from.has(next)) continue;
      from.set(next, path);
      queue.push(next);
    }
  }
  return null;
}
