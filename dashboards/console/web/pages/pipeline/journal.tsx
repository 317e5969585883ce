import type { ReactNode } from 'react';
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatRate,
  formatShare,
  MISSING,
} from '#dashboards/console/core/numbers.ts';
import {
  acceptedOf,
  changeOf,
  rateOf,
  ratesOver,
  type Look,
} from '#dashboards/console/core/pipeline/history.ts';
import { meanSyncMs, type PageLook } from '#dashboards/console/core/pipeline/receivers.ts';
import { FILL_NOTABLE, journalFill } from '#dashboards/console/core/pipeline/sentence.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import type { Pipeline } from '#dashboards/console/web/data/own-api.ts';
import { Bar } from '#dashboards/console/web/parts/bar.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Sparkline } from '#dashboards/console/web/parts/sparkline.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';

interface JournalProps {
  readonly journal: Pipeline['journal'];
  readonly looks: readonly Look[];
  readonly pages: readonly PageLook[];
}

/** Where every item waits, durable, until all consumers have read it. */
export function Journal({ journal, looks, pages }: JournalProps): ReactNode {
  const { state, records, node } = journal;
  const fill = journalFill(journal);
  const sync = meanSyncMs(pages);
  const isOpen = state === 'open';
  if (state === 'elsewhere')
    return (
      <Panel title="Journal" meaning="on disk before the sender is answered">
        <p>Another program writes it; this one reads what it needs over there.</p>
      </Panel>
    );
  const isHere = node === null;
  return (
    <Panel
      title="Journal"
      meaning={isHere ? 'on disk before the sender is answered' : 'on Kafka before the sender is answered'}
    >
      <div className="flow-head">
        <StateMark state={isOpen ? 'ok' : 'burning'} word={state} />
        <span className="flow-rate">{formatRate(rateOf(looks, acceptedOf))}</span>
      </div>
      <Sparkline values={ratesOver(looks, acceptedOf)} label="Items accepted a second, the last minute" />
      <p className="label">items accepted, the last minute</p>
      <Bar
        ratio={fill}
        color={fill > FILL_NOTABLE ? 'var(--ticket)' : 'var(--text-3)'}
        label={`The journal holds ${formatShare(fill)} of what it may`}
      />
      <p className="label">{fillText(journal)}</p>
      <dl className="facts">
        <dt>last minute</dt>
        <dd>
          {growth(
            changeOf(looks, (look) => look.bytes),
            isHere,
          )}
        </dd>
        <dt>records</dt>
        <dd>{formatCount(records)} since the start</dd>
        <dt>{isHere ? 'to disk in' : 'taken in'}</dt>
        <dd>{sync === null ? MISSING : `${formatDuration(sync)} on average`}</dd>
        {isHere ? <DiskFacts journal={journal} /> : <KafkaFacts journal={journal} />}
      </dl>
    </Panel>
  );
}

/** Of the brokers' disks nothing is known here: what counts is how much the slowest consumer has left unread. */
function fillText(journal: Pipeline['journal']): string {
  const { bytes, bytesMax, heldBytes, node } = journal;
  const share = formatShare(journalFill(journal));
  if (node === null) return `${formatBytes(bytes)} of ${formatBytes(bytesMax)} (${share})`;
  return `${formatBytes(heldBytes)} unread by the slowest consumer, of ${formatBytes(bytesMax)} (${share})`;
}

function DiskFacts({ journal }: Pick<JournalProps, 'journal'>): ReactNode {
  const { failedSyncs, corruptRecords } = journal;
  return (
    <>
      <dt>failed syncs</dt>
      <dd className={failedSyncs > 0 ? 'state-burning' : undefined}>{formatNumber(failedSyncs)}</dd>
      <dt>damaged</dt>
      <dd className={corruptRecords > 0 ? 'state-burning' : undefined}>
        {formatNumber(corruptRecords)} records
      </dd>
    </>
  );
}

function KafkaFacts({ journal }: Pick<JournalProps, 'journal'>): ReactNode {
  return (
    <>
      <dt>in the topic</dt>
      <dd>about {formatBytes(journal.bytes)}</dd>
      <dt>written as</dt>
      <dd>{journal.node}</dd>
    </>
  );
}

/** It shrinks when what all have read is removed. */
function growth(bytes: number | null, isHere: boolean): string {
  if (bytes === null) return MISSING;
  const removed = isHere ? 'what all have read was removed' : 'the brokers removed what was old';
  return bytes < 0 ? `−${formatBytes(-bytes)}, ${removed}` : `+${formatBytes(bytes)}`;
}
