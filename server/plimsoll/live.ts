/**
 * `GET /api/plimsoll/v1/live`: what the console shows, as it changes. Each event
 * carries the whole of what one GET answers, so nobody has to put parts together.
 */
import { Router } from 'express';
import type { Clock } from '#base/clock.ts';
import { CodedError } from '#base/errors.ts';
import type { Meter } from '#base/metrics.ts';
import { sendError } from '#server/http/errors.ts';
import { openEventStream } from '#server/http/event-stream.ts';
import { LiveFeed, type Update } from '#server/plimsoll/live-feed.ts';
import { METRICS } from '#signals/registry.ts';

/** Each is the name of its events, too. */
export const LIVE_TOPICS = ['slos', 'incidents', 'pipeline', 'deliveries'] as const;
export type LiveTopic = (typeof LIVE_TOPICS)[number];

/** Most of what one topic shows of incidents and of deliveries. */
export const LIVE_INCIDENTS_MAX = 100;
export const LIVE_DELIVERIES_MAX = 50;
/** A team with the console open, each in a few tabs. */
const LISTENERS_MAX = 64;
/** Name of the event that says that a topic cannot be had right now. */
const TROUBLE = 'trouble';

export interface LiveOptions {
  /** Those that this process can answer. */
  readonly topics: ReadonlyMap<LiveTopic, () => Promise<unknown>>;
  readonly clock: Clock;
  readonly meter: Meter;
}

/** Mounted at `/api/plimsoll/v1`. */
export function liveRoute({ topics, clock, meter }: LiveOptions): Router {
  const router = Router();
  const feeds = new Map([...topics].map(([topic, read]) => [topic, new LiveFeed(read, clock)]));
  const listeners = meter.gauge(METRICS.liveListeners);
  const closed = meter.counter(METRICS.liveRefusals);
  let count = 0;
  let lastId = 0;
  listeners.set(0);
  router.get('/live', (request, response) => {
    try {
      const wanted = topicsOf(request.query['topics'], [...feeds.keys()]);
      if (count >= LISTENERS_MAX) {
        closed.add(1, { reason: 'full' });
        throw new CodedError('PLIM_OVERLOADED', `${LISTENERS_MAX} listen already; close a console or wait`);
      }
      listeners.set((count += 1));
      const leave: (() => void)[] = [];
      const stream = openEventStream(response, clock, (why) => {
        for (const stop of leave) stop();
        listeners.set((count -= 1));
        if (why === 'slow') closed.add(1, { reason: 'slow' });
      });
      for (const topic of wanted) {
        const tell = (update: Update): void => stream.send(eventOf(topic, update, (lastId += 1)));
        leave.push(feeds.get(topic)?.listen(tell) ?? (() => {}));
      }
    } catch (error) {
      sendError(response, error);
    }
  });
  return router;
}

function eventOf(topic: LiveTopic, update: Update, id: number) {
  if (update.kind === 'state') return { id, name: topic, data: update.json };
  const { code, message } = update;
  return { id, name: TROUBLE, data: JSON.stringify({ topic, code, message }) };
}

/** Without a wish, all that are there. */
function topicsOf(value: unknown, known: readonly LiveTopic[]): readonly LiveTopic[] {
  const texts = [value].flat().filter((text) => typeof text === 'string');
  const names = texts.flatMap((text) => text.split(','));
  const wanted = new Set(names.map((name) => name.trim()).filter((name) => name !== ''));
  const strange = [...wanted].find((name) => !known.some((topic) => topic === name));
  if (strange !== undefined)
    throw new CodedError('PLIM_PARAMETER', `topics names ${strange}; known here: ${known.join(', ')}`);
  return wanted.size === 0 ? known : known.filter((topic) => wanted.has(topic));
}
