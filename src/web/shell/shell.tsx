import { memo, useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { ApiRefusal } from '../api/client.js';
import { Button, IconButton } from '../kit/button.js';
import { Dialog } from '../kit/dialog.js';
import { Icon } from '../kit/icon.js';
import { useKeys } from '../kit/keys.js';
import { Link } from '../kit/link.js';
import { Boundary, Crashed } from '../kit/states.js';
import { useWords } from '../words/language.js';
import { AREAS, areaOf } from './areas.js';
import type { Area } from './areas.js';
import { Banner } from './banner.js';
import { KeyHelp } from './key-help.js';
import { useOverview } from './overview.js';
import { SearchDialog } from './search-dialog.js';
import { AccountDialog } from './account-dialog.js';
import './shell.css';

type OpenDialog = 'search' | 'keys' | 'account' | 'more' | null;

/** What stands around every page: navigation, banner, search, help, account. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const words = useWords();
  const [path, navigate] = useLocation();
  const [open, setOpen] = useState<OpenDialog>(null);
  const counts = useCounts();
  const close = (): void => setOpen(null);
  useFocusOnPage(path);
  useKeys([
    { keys: '/', label: words.keys.search, everywhere: true, run: () => setOpen('search') },
    { keys: 'mod+k', label: words.keys.search, everywhere: true, run: () => setOpen('search') },
    { keys: '?', label: words.keys.help, everywhere: true, run: () => setOpen('keys') },
    ...AREAS.map((area) => ({
      keys: `g ${area.key}`,
      label: words.keys.go(words.nav[area.id]),
      everywhere: true,
      run: () => navigate(area.path),
    })),
  ]);
  return (
    <div className="shell">
      <a href="#main" className="skip">
        {words.nav.skip}
      </a>
      <Rail path={path} counts={counts} onOpen={setOpen} />
      <div className="shell-main">
        <Banner />
        <main id="main" tabIndex={-1}>
          <Boundary key={path} fallback={(error) => <Crashed error={error} />}>
            {children}
          </Boundary>
        </main>
      </div>
      <BottomBar path={path} counts={counts} onOpen={setOpen} />
      <SearchDialog open={open === 'search'} onClose={close} />
      <KeyHelp open={open === 'keys'} onClose={close} />
      <AccountDialog open={open === 'account'} onClose={close} />
      <Dialog open={open === 'more'} onClose={close} title={words.nav.more} as="drawer">
        <nav className="more-list" aria-label={words.nav.more}>
          {AREAS.filter(({ first }) => !first).map((area) => (
            <NavLink key={area.id} area={area} isHere={areaOf(path) === area} count={counts[area.id]} onClick={close} />
          ))}
          <Button tone="quiet" icon="search" onClick={() => setOpen('search')}>
            {words.do.search}
          </Button>
          <Button tone="quiet" icon="user" onClick={() => setOpen('account')}>
            {words.settings.menu}
          </Button>
        </nav>
      </Dialog>
    </div>
  );
}

/** A link that was followed is gone with its page, and the focus with it: it goes to the new page, so that reading and Tab go on there. */
function useFocusOnPage(path: string): void {
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    if (document.activeElement === document.body) document.getElementById('main')?.focus({ preventScroll: true });
  }, [path]);
}

interface NavProps {
  readonly path: string;
  readonly counts: Counts;
  readonly onOpen: (dialog: OpenDialog) => void;
}

function Rail({ path, counts, onOpen }: NavProps) {
  const words = useWords();
  const here = areaOf(path);
  return (
    <header className="rail">
      <Link href="/" className="brand" aria-label={`Fixpoint: ${words.nav.now}`}>
        <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true" className="brand-sign">
          <rect width="32" height="32" rx="8" />
          <path d="M8.5 16a7.5 7.5 0 1 1 3 6" />
          <circle cx="16" cy="16" r="2.9" />
        </svg>
        <span>Fixpoint</span>
      </Link>
      <button type="button" className="rail-search" onClick={() => onOpen('search')} title={words.do.search}>
        <Icon name="search" />
        <span>{words.do.search}</span>
        <kbd>/</kbd>
      </button>
      <nav aria-label={words.nav.label} className="rail-nav">
        {AREAS.map((area) => (
          <NavLink key={area.id} area={area} isHere={area === here} count={counts[area.id]} />
        ))}
      </nav>
      <div className="rail-foot">
        <IconButton icon="user" label={words.settings.menu} onClick={() => onOpen('account')} />
        <IconButton icon="keyboard" label={words.keys.open} onClick={() => onOpen('keys')} />
      </div>
    </header>
  );
}

function BottomBar({ path, counts, onOpen }: NavProps) {
  const words = useWords();
  const here = areaOf(path);
  return (
    <nav className="bottom-bar" aria-label={words.nav.label}>
      {AREAS.filter(({ first }) => first).map((area) => (
        <NavLink key={area.id} area={area} isHere={area === here} count={counts[area.id]} />
      ))}
      <button
        type="button"
        className={here !== null && !here.first ? 'nav-link here' : 'nav-link'}
        onClick={() => onOpen('more')}
      >
        <Icon name="more" size={18} />
        <span>{words.nav.more}</span>
      </button>
    </nav>
  );
}

interface NavLinkProps {
  readonly area: Area;
  readonly isHere: boolean;
  /** What waits for people there. */
  readonly count?: number | undefined;
  readonly onClick?: () => void;
}

/** Drawn again when it changes, not with every step from page to page. */
const NavLink = memo(function NavLink({ area, isHere, count = 0, onClick }: NavLinkProps) {
  const words = useWords();
  return (
    <Link
      href={area.path}
      className={isHere ? 'nav-link here' : 'nav-link'}
      aria-current={isHere ? 'page' : undefined}
      title={words.nav[area.id]}
      onMouseEnter={area.preload}
      onFocus={area.preload}
      {...(onClick ? { onClick } : {})}
    >
      <Icon name={area.icon} size={18} />
      <span className="truncate">{words.nav[area.id]}</span>
      {count > 0 && <span className="nav-count number">{count > 99 ? '99+' : count}</span>}
    </Link>
  );
});

type Counts = Readonly<Partial<Record<Area['id'], number>>>;

function useCounts(): Counts {
  const { data, error } = useOverview();
  if (data === undefined || error instanceof ApiRefusal) return {};
  return { approvals: data.approvals.pending, incidents: data.incidents.open };
}
