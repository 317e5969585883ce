import { useMemo, type ReactNode } from 'react';
import { phonePages, type PhonePage, type ReceivedPages } from '#dashboards/console/core/receiver/page.ts';
import type { Route } from '#dashboards/console/core/route.ts';
import { OWN } from '#dashboards/console/web/data/client.ts';
import { useLive } from '#dashboards/console/web/data/live.ts';
import { useParameter } from '#dashboards/console/web/data/location.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { useSteady } from '#dashboards/console/web/data/use-steady.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Waiting } from '#dashboards/console/web/parts/waiting.tsx';
import { Deliveries } from '#dashboards/console/web/pages/receiver/deliveries.tsx';
import { PhoneMessage } from '#dashboards/console/web/pages/receiver/phone-message.tsx';
import '#dashboards/console/web/pages/receiver/receiver.css';

const PAGES_PATH = `${OWN}/pages?limit=100`;
const POLL_MS = 2000;
const keyOf = ({ key }: PhonePage): string => key;

/** What the demo's phone got, and what became of each delivery. */
export function ReceiverPage(_props: { readonly route: Route }): ReactNode {
  const pages = useJson<ReceivedPages>(PAGES_PATH, { everyMs: POLL_MS });
  const deliveries = useLive('deliveries');
  const [raw, setRaw] = useParameter('raw');
  const messages = useMemo(() => phonePages(pages.data), [pages.data]);
  const { shown, waiting, show } = useSteady(messages, keyOf);
  const absent = pages.error?.status === 404;
  return (
    <Page
      title="Receiver"
      says={sentence(messages, pages.data !== undefined)}
      staleSinceMs={absent ? undefined : pages.staleSinceMs}
    >
      <div className="grid">
        <div className="side">
          <Panel
            title="On the phone"
            meaning="newest first"
            actions={<CopyCurl path={PAGES_PATH} />}
            loading={pages.loading && pages.data === undefined}
            error={absent ? undefined : pages.error}
          >
            {absent && <NoReceiver />}
            {pages.data !== undefined && messages.length === 0 && (
              <Empty>Nothing has been received. Start a fault under Proof, and a page comes here.</Empty>
            )}
            <Waiting count={waiting} onShow={show} />
            <ol className="phone" data-rows>
              {shown.map((message) => (
                <PhoneMessage
                  key={message.key}
                  message={message}
                  open={raw === message.key}
                  onToggle={() => setRaw(raw === message.key ? undefined : message.key)}
                />
              ))}
            </ol>
          </Panel>
        </div>
        <div className="main">
          <Deliveries
            deliveries={deliveries.data?.deliveries}
            error={deliveries.error}
            staleSinceMs={deliveries.staleSinceMs}
          />
        </div>
      </div>
    </Page>
  );
}

function NoReceiver(): ReactNode {
  return (
    <Empty>
      <p>
        No page receiver runs beside this platform. Pages go where the routing says; what became of each
        stands under Deliveries.
      </p>
      <p>To see pages as a phone gets them, start the demo, which brings a receiver along:</p>
      <pre>npm start</pre>
    </Empty>
  );
}

function sentence(messages: readonly PhonePage[], known: boolean): string {
  if (!known) return '';
  const firing = messages.filter(({ status }) => status === 'firing').length;
  const calls = firing === 1 ? 'One call' : `${firing} calls`;
  return messages.length === 0
    ? 'The phone has been silent.'
    : `${calls} to wake somebody, ${messages.length - firing} all-clear.`;
}
