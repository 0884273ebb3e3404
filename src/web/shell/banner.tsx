import { useLocation } from 'wouter';
import type { OverviewAnswer } from '../../domain/api/overview.js';
import { isPassing } from '../api/queries.js';
import { Icon } from '../kit/icon.js';
import { When } from '../kit/when.js';
import type { CommonWords } from '../words/common.js';
import { useWords } from '../words/language.js';
import { useOverview } from './overview.js';
import './banner.css';

const MOST_NAMED = 3;

/** What everybody has to know wherever they are: writes are paused, a storm is on, the service does not answer. */
export function Banner() {
  const words = useWords();
  const { data, error } = useOverview();
  const [path] = useLocation();
  // The Now page says both itself, and more of them.
  const { pause, storm } = path === '/' || data === undefined ? {} : data;
  return (
    <div role="status" className="banners">
      {isPassing(error) && (
        <p className="banner calm">
          <Icon name="incident" />
          <span>{words.banner.unreachable}</span>
        </p>
      )}
      {pause?.paused === true && (
        <p className="banner bad">
          <Icon name="pause" />
          <span>
            <strong>{words.banner.paused}</strong> {pause.reason !== null && <q dir="auto">{pause.reason}</q>}{' '}
            <span className="banner-by">
              {pause.by !== null && words.banner.paused_by(pause.by)} <When at={pause.at} />
            </span>
          </span>
        </p>
      )}
      {storm !== undefined && storm.level > 0 && (
        <p className="banner warn">
          <Icon name="incident" />
          <span>
            <strong>{storm.level === 1 ? words.banner.storm_1 : words.banner.storm_2}</strong>{' '}
            {stormPlaces(storm, words.banner)}
          </span>
        </p>
      )}
    </div>
  );
}

function stormPlaces({ storms }: OverviewAnswer['storm'], words: CommonWords['banner']): string {
  const names = storms.flatMap(({ service_name }) => (service_name === null ? [] : [service_name]));
  if (names.length === 0) return '';
  return words.storm_of(names.slice(0, MOST_NAMED).join(', ') + (names.length > MOST_NAMED ? ' …' : ''));
}
