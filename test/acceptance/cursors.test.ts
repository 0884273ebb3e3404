import { afterAll, beforeAll, expect, it } from 'vitest';
import { RunningApp } from '../helper/running-app.js';
import { TOKEN } from '../helper/fixpoint-process.js';

interface Described {
  readonly paths: Readonly<
    Record<string, { readonly get?: { readonly parameters?: readonly { readonly name: string }[] } }>
  >;
}

let app: RunningApp;

beforeAll(async () => {
  app = await RunningApp.start(
    { 'look.yaml': 'playbook_id: PB-Look\ntasks:\n  - {id: look, type: api_call, action: GET /look}\n' },
    '',
  );
}, 60_000);
afterAll(() => app.stop());

function get(path: string): Promise<Response> {
  return fetch(app.url + path, { headers: { authorization: `Bearer ${TOKEN}` } });
}

/** Every list that has pages, as the API describes itself. */
async function lists(): Promise<string[]> {
  const { paths } = (await (await get('/openapi.json')).json()) as Described;
  return Object.entries(paths)
    .filter(([, { get: route }]) => route?.parameters?.some(({ name }) => name === 'cursor'))
    .map(([path]) => path.replace('{playbook_id}', 'PB-Look').replace('{run_id}', 'none'));
}

it('refuses what no list ever gave as a cursor, and names it: the first page again would be taken for the next', async () => {
  const paths = await lists();
  const answers = await Promise.all(
    paths.map(async (path) => {
      const answer = await get(`${path}?cursor=garbage`);
      const { error } = (await answer.json()) as { error?: { code: string; details: { path: string }[] } };
      return [path, answer.status, error?.code, error?.details[0]?.path];
    }),
  );

  expect(paths.length).toBeGreaterThan(10);
  expect(answers).toEqual(paths.map((path) => [path, 400, 'invalid', 'cursor']));
});
