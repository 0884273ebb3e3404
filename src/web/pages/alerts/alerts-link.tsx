import { Link } from '../../kit/link.js';

interface AlertsLinkProps {
  /** The filter, as the API names it. */
  readonly by: string;
  readonly value: string;
  readonly title?: string;
}

const MOST_SEEN = 300;

/** Leads to all alerts that share something: a fact that can be followed. */
export function AlertsLink({ by, value, title }: AlertsLinkProps) {
  return (
    <Link href={alertsHref({ [by]: value })} title={title}>
      <bdi>{value.length > MOST_SEEN ? `${value.slice(0, MOST_SEEN)}…` : value}</bdi>
    </Link>
  );
}

/** The list of alerts under these filters. */
export function alertsHref(filters: Readonly<Record<string, string>>): string {
  return `/alerts?${new URLSearchParams(filters).toString()}`;
}
