import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createApi } from './api/client.js';
import { createQueryClient } from './api/queries.js';
import { SESSION_KEY, sessionQuery } from './api/session.js';
import { App } from './app.js';
import { areaOf } from './shell/areas.js';
import { askOverview } from './shell/overview.js';
import './styles/tokens.css';
import './styles/base.css';

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
