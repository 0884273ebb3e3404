import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// Types, format and floors have their own steps in `npm run check`; this file holds what only a linter can see.

/** Syntax that the house does without, with the sentence that an author reads. */
const BANNED_SYNTAX = [
  {
    selector: 'TSEnumDeclaration',
    message: 'No enum: a union of literals (or z.enum) says the same and leaves no code behind.',
  },
  { selector: 'TSModuleDeclaration[kind!="global"]', message: 'No namespace: a file is one.' },
  { selector: 'Decorator', message: 'No decorators.' },
  { selector: 'TSParameterProperty', message: 'No parameter properties: write the field.' },
  { selector: 'ExportDefaultDeclaration', message: 'No default export: one name for one thing.' },
  { selector: 'ExportAllDeclaration', message: 'No `export *`: a reader must find where a name comes from.' },
  { selector: 'PropertyDefinition[accessibility="private"]', message: 'Use #private fields.' },
  { selector: 'MethodDefinition[accessibility="private"]', message: 'Use #private methods.' },
];

/** Below the roof time comes from Clock, cancellation from AbortSignal, configuration from parameters. */
const BANNED_TIME_SYNTAX = [
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'Time comes from Clock.' },
  { selector: 'CallExpression[callee.name="Date"]', message: 'Time comes from Clock.' },
];
const BANNED_TIME_GLOBALS = [
  { name: 'setTimeout', message: 'Use Clock.after or sleep(clock, …).' },
  { name: 'setInterval', message: 'Use Clock.after.' },
  { name: 'clearTimeout', message: 'Call what Clock.after answered.' },
  { name: 'clearInterval', message: 'Call what Clock.after answered.' },
  { name: 'performance', message: 'Use Clock.monotonic.' },
];
const BANNED_TIME_PROPERTIES = [
  { object: 'Date', property: 'now', message: 'Time comes from Clock.' },
  { object: 'process', property: 'env', message: 'Configuration is handed in by the roof.' },
  { object: 'process', property: 'exit', message: 'Only an entry ends the process.' },
  { object: 'process', property: 'argv', message: 'Only an entry reads its arguments.' },
  { object: 'process', property: 'on', message: 'Only an entry listens to the process.' },
];

const VERBS = ['src/ingest/**', 'src/triage/**', 'src/schedule/**', 'src/report/**'];
const PLACES = ['src/source/**', 'src/bus/**', 'src/catalog/**', 'src/executor/**', 'src/notifier/**', 'src/store/**'];

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'node_modules/**',
      'data/**',
      'coverage/**',
      '.cache/**',
      'docs/**',
      'playbooks/**',
      'test/fixture/**',
    ],
  },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // tsc knows undefined names better than eslint, and `_name` marks a parameter that a contract asks for.
      'no-undef': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      // Contracts are asynchronous where one implementation of them is.
      '@typescript-eslint/require-await': 'off',
      // Numbers in messages are what messages are for.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'no-restricted-syntax': ['error', ...BANNED_SYNTAX],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'max-depth': ['error', 4],
    },
  },
  {
    files: [...VERBS, ...PLACES, 'src/domain/**'].map((glob) => `${glob}/*.ts`),
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...BANNED_SYNTAX, ...BANNED_TIME_SYNTAX],
      'no-restricted-globals': ['error', ...BANNED_TIME_GLOBALS],
      'no-restricted-properties': ['error', ...BANNED_TIME_PROPERTIES],
    },
  },
  {
    // The ground and the verbs touch nothing outside: no process at all, and no request that is not a contract's.
    files: [...VERBS, 'src/domain/**'].map((glob) => `${glob}/*.ts`),
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...BANNED_TIME_GLOBALS,
        { name: 'process', message: 'The ground and the verbs know no process.' },
        { name: 'fetch', message: 'Requests are made by places, behind a contract.' },
      ],
    },
  },
  {
    files: ['**/*.test.ts', '**/*.test.tsx', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // node:test's and node:http's handlers take async functions in tests; a rejection there fails the run.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      'no-console': 'off',
    },
  },
  {
    // People read what these print; everything else logs.
    files: ['src/main.ts', 'src/cli.ts', 'src/demo.ts', 'src/cli/**/*.ts', 'src/demo/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // React's event attributes take functions whose promise nobody waits for: each of them shows its own errors.
    files: ['src/web/**/*.tsx'],
    rules: {
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
    },
  },
  {
    files: ['*.config.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.mjs', '*.config.js'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'Buffer',
          'URL',
          'URLSearchParams',
          'fetch',
          'performance',
          'AbortSignal',
          'AbortController',
          'TextDecoder',
          'TextEncoder',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'queueMicrotask',
          'structuredClone',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
