import type { ReactNode } from 'react';
import { pathOf, type Route } from '#dashboards/console/core/route.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';

export function UnknownPage({
  route,
}: {
  readonly route: Extract<Route, { readonly page: 'unknown' }>;
}): ReactNode {
  return (
    <Page title="No such page" says={<code>{route.path}</code>}>
      <p className="empty">
        The console has no page at this address.{' '}
        <Link to={pathOf({ page: 'now' })}>See what goes on now</Link>.
      </p>
    </Page>
  );
}
