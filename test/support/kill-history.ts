/**
 * Kill -9 under load, again and again, on one data folder; then every
 * acknowledged span is asked for. An acknowledgement makes a span an
 * obligation: there exactly once. What was sent but not acknowledged may be
 * there, once at most. Nothing else may be there at all.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '#base/invariant.ts';
import { seededRandom } from '#base/sim/random.ts';
import { buildTraces, type TestSpan } from '#test/support/otlp.ts';
import { ledgerRows, OtlpSender, traceById } from '#test/support/client.ts';
import { startPlimsoll } from '#test/support/program.ts';
import { until } from '#test/support/wait.ts';

export interface KillPlan {
  readonly dataDirectory: string;
  readonly kills: number;
  readonly seed: number;
  readonly spansPerSecond: number;
  /** Load before each kill, milliseconds, chosen at random between the two. */
  readonly loadMsMin: number;
  readonly loadMsMax: number;
}

export interface KillReport {
  readonly tracesSent: number;
  /** Every span of them acknowledged. */
  readonly tracesAcked: number;
  readonly spansAcked: number;
  /** Posts that got no answer, or another than 200. */
  readonly postsUnanswered: number;
  /** From the start of the process to the ready file, after each kill. */
  readonly restartMs: readonly number[];
  readonly violations: readonly string[];
}

const SPANS_PER_TRACE = 4;
/** Traces in one post: half of each trace's spans, so that a trace spans two records. */
const TRACES_PER_POST = 25;
const POSTS_IN_FLIGHT = 4;
const QUERIES_IN_FLIGHT = 8;
const VISIBLE_MS_MAX = 60_000;

/** Trace id to span id to whether it was acknowledged. */
export type Book = Map<string, Map<string, boolean>>;

export async function runKillHistory(plan: KillPlan): Promise<KillReport> {
  const random = seededRandom(plan.seed);
  const book: Book = new Map();
  const restartMs: number[] = [];
  let postsUnanswered = 0;
  for (let kill = 0; kill < plan.kills; kill += 1) {
    const startedMs = performance.now();
    await using program = await startPlimsoll({ dataDirectory: plan.dataDirectory });
    restartMs.push(performance.now() - startedMs);
    const stop = new AbortController();
    using sender = new OtlpSender(program.otlpHttp, POSTS_IN_FLIGHT);
    const load = sendLoad(sender, book, plan.spansPerSecond, stop.signal);
    await sleep(plan.loadMsMin + random.below(plan.loadMsMax - plan.loadMsMin + 1));
    await program.kill();
    stop.abort();
    postsUnanswered += await load;
  }
  await using program = await startPlimsoll({ dataDirectory: plan.dataDirectory });
  await until('all consumers to have read everything', () => caughtUp(program.origin), {
    timeoutMs: VISIBLE_MS_MAX,
    everyMs: 200,
  });
  const violations = await judge(program.origin, book);
  for (const row of await ledgerRows(program.origin)) {
    if (row.residual !== 0) violations.push(`the ledger has a residual: ${JSON.stringify(row)}`);
  }
  const spans = [...book.values()].flatMap((trace) => [...trace.values()]);
  return {
    tracesSent: book.size,
    tracesAcked: [...book.values()].filter((trace) => [...trace.values()].every(Boolean)).length,
    spansAcked: spans.filter(Boolean).length,
    postsUnanswered,
    restartMs,
    violations,
  };
}

/** Posts at a steady rate until aborted; resolves with the number of posts without a 200. */
export async function sendLoad(
  sender: OtlpSender,
  book: Book,
  spansPerSecond: number,
  signal: AbortSignal,
): Promise<number> {
  const postsPerSecond = spansPerSecond / ((TRACES_PER_POST * SPANS_PER_TRACE) / 2);
  const inFlight = new Set<Promise<void>>();
  const startedMs = performance.now();
  let unanswered = 0;
  let posts = 0;
  let rest: TestSpan[] = [];
  while (!signal.aborted) {
    const dueMs = startedMs + (posts * 1000) / postsPerSecond;
    if (performance.now() < dueMs || inFlight.size >= POSTS_IN_FLIGHT) {
      await Promise.race([sleep(2), ...inFlight]);
      continue;
    }
    posts += 1;
    // The second half of these traces goes out with the next post, as another record.
    const spans = rest.length > 0 ? rest : newTraces();
    rest = rest.length > 0 ? [] : spans.map((span) => ({ ...span, spanId: newId(8) }));
    for (const { traceId, spanId } of spans) note(book, traceId, spanId, false);
    const post: Promise<void> = sender
      .post('traces', buildTraces({ service: 'killed', spans }))
      .then(({ status }) => {
        if (status !== 200) unanswered += 1;
        else for (const { traceId, spanId } of spans) note(book, traceId, spanId, true);
      })
      .catch(() => void (unanswered += 1))
      .finally(() => inFlight.delete(post));
    inFlight.add(post);
  }
  await Promise.all(inFlight);
  return unanswered;
}

function newId(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** The first half of the spans of new traces. */
function newTraces(): TestSpan[] {
  const endNanos = BigInt(Date.now()) * 1_000_000n;
  return Array.from({ length: TRACES_PER_POST }, () => newId(16)).flatMap((traceId) =>
    Array.from({ length: SPANS_PER_TRACE / 2 }, () => ({
      traceId,
      spanId: newId(8),
      name: 'work',
      startNanos: endNanos - 1_000_000n,
      endNanos,
    })),
  );
}

function note(book: Book, traceId: string, spanId: string, acked: boolean): void {
  let trace = book.get(traceId);
  if (trace === undefined) book.set(traceId, (trace = new Map()));
  trace.set(spanId, acked);
}

export async function caughtUp(origin: string): Promise<boolean> {
  const rows = await ledgerRows(origin);
  return rows.length > 0 && rows.every((row) => row.held === 0);
}

/** What is wrong with what is stored. */
export async function judge(origin: string, book: Book): Promise<string[]> {
  const violations: string[] = [];
  const traceIds = [...book.keys()];
  const worker = async (): Promise<void> => {
    for (let traceId = traceIds.pop(); traceId !== undefined; traceId = traceIds.pop()) {
      const stored = await traceById(origin, traceId);
      const ids = stored?.spans.map((span) => span.spanID) ?? [];
      violations.push(...judgeTrace(traceId, present(book.get(traceId), 'it stands in the book'), ids));
    }
  };
  await Promise.all(Array.from({ length: QUERIES_IN_FLIGHT }, worker));
  return violations;
}

/** What is wrong with the stored span ids of one trace. */
export function judgeTrace(
  traceId: string,
  sent: ReadonlyMap<string, boolean>,
  stored: readonly string[],
): string[] {
  const counts = new Map<string, number>();
  for (const id of stored) counts.set(id, (counts.get(id) ?? 0) + 1);
  const violations: string[] = [];
  for (const [spanId, acked] of sent) {
    const count = counts.get(spanId) ?? 0;
    if (acked && count === 0) violations.push(`${traceId}/${spanId} was acknowledged and is lost`);
    if (count > 1) violations.push(`${traceId}/${spanId} is there ${count} times`);
    counts.delete(spanId);
  }
  for (const spanId of counts.keys()) violations.push(`${traceId}/${spanId} was never sent`);
  return violations;
}
