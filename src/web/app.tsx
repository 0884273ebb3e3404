import { QueryClientProvider } from '@tanstack/react-query';
import type { QueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import type { Api } from './api/client.js';
import { ApiProvider } from './api/context.js';
import { SessionProvider, useSessionQuery } from './api/session.js';
import { KeyProvider } from './kit/keys.js';
import { TickerProvider } from './kit/now.js';
import { PageHeader } from './kit/page-header.js';
import { ErrorState, FetchSay, Loading } from './kit/states.js';
import { ToastProvider } from './kit/toast.js';
import { LinkButton } from './kit/button.js';
import { AREAS } from './shell/areas.js';
import { Shell } from './shell/shell.js';
import { SignIn } from './shell/sign-in.js';
import { ThemeProvider } from './shell/theme.js';
import { LanguageProvider, useWords } from './words/language.js';

const fetchSay = async () => (await import('../domain/said/zh.js')).say;

/** The whole of the pages. */
export function App({ api, client }: { readonly api: Api; readonly client: QueryClient }) {
  return (
    <QueryClientProvider client={client}>
      <ApiProvider value={api}>
        <LanguageProvider>
          <ThemeProvider>
            <TickerProvider>
              <KeyProvider>
                <ToastProvider>
                  <FetchSay value={fetchSay}>
                    <Door />
                  </FetchSay>
                </ToastProvider>
              </KeyProvider>
            </TickerProvider>
          </ThemeProvider>
        </LanguageProvider>
      </ApiProvider>
    </QueryClientProvider>
  );
}

/** In front of everything: nothing is shown to whom nobody knows. */
function Door() {
  const { data: session, error, refetch } = useSessionQuery();
  const wasIn = useRef(false);
  useEffect(() => {
    if (session) wasIn.current = true;
  }, [session]);
  if (session === null) return <SignIn hasEnded={wasIn.current} />;
  if (session !== undefined)
    return (
      <SessionProvider value={session}>
        <Shell>
          <Pages />
        </Shell>
      </SessionProvider>
    );
  return error === null ? <Loading rows={0} /> : <ErrorState error={error} onRetry={() => void refetch()} />;
}

function Pages() {
  useScrollToTop();
  return (
    <Switch>
      {AREAS.map(({ id, path, Pages: Area }) => (
        <Route key={id} path={path === '/' ? '/' : `${path}/*?`}>
          <Area meanwhile={<Loading rows={6} />} />
        </Route>
      ))}
      <Route path="/now">
        <Redirect to="/" replace />
      </Route>
      <Route>
        <Nowhere />
      </Route>
    </Switch>
  );
}

/** A new page begins at its top; going back finds the browser's own place. */
function useScrollToTop(): void {
  const [path] = useLocation();
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    window.scrollTo(0, 0);
  }, [path]);
}

function Nowhere() {
  const words = useWords();
  return (
    <>
      <PageHeader title={words.error.not_found} />
      <div className="stack">
        <p className="quiet">{words.error.not_found_hint}</p>
        <div className="row">
          <LinkButton href="/">{words.nav.now}</LinkButton>
        </div>
      </div>
    </>
  );
}
