import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createApi } from './api/client.js';
import { createQueryClient } from './api/queries.js';
import { SESSION_KEY, sessionQuery } from './api/session.js';
import { App } from './app.js';
import { areaOf } from './shell/areas.js';
import { askOverview } from './shell/overview.js';
import { keep, kept } from './words/language.js';
import './styles/tokens.css';
import './styles/base.css';

/** After an upgrade the code of a page has another name: the new index knows it. Once a minute at most, whatever is wrong. */
window.addEventListener('vite:preloadError', (event) => {
  const before = Number(kept('fixpoint.reloaded') ?? 0);
  if (Date.now() - before < 60_000) return;
  keep('fixpoint.reloaded', String(Date.now()));
  event.preventDefault();
  window.location.reload();
});

// The code of the page is on its way while the session is asked for.
areaOf(window.location.pathname)?.preload();
const client = createQueryClient();
const api = createApi({
  fetch: (...request) => window.fetch(...request),
  // The sign-in stands in the place of the page, whose address stays.
  onSignedOut: () => client.setQueryData(SESSION_KEY, null),
});
// So are the first answers. The document says where no cookie came: nobody is asked then.
if (!document.documentElement.hasAttribute('data-signed-out')) {
  void client.prefetchQuery(sessionQuery(api));
  askOverview(api, client);
}
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App api={api} client={client} />
  </StrictMode>,
);
