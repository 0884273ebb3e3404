import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createApi } from './api/client.js';
import { createQueryClient } from './api/queries.js';
import { SESSION_KEY } from './api/session.js';
import { App } from './app.js';
import './styles/tokens.css';
import './styles/base.css';

const client = createQueryClient();
const api = createApi({
  fetch: (...request) => window.fetch(...request),
  // The sign-in stands in the place of the page, whose address stays.
  onSignedOut: () => client.setQueryData(SESSION_KEY, null),
});
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App api={api} client={client} />
  </StrictMode>,
);
