/**
 * What the origin tells by itself: one connection for all components of a page,
 * with the topics that somebody looks at. The last message of a topic stays.
 */
import { useCallback, useSyncExternalStore } from 'react';
import { OWN, type ApiError } from '#dashboards/console/web/data/client.ts';
import { listen } from '#dashboards/console/web/data/event-stream.ts';
import type { DeliveryList, IncidentList, Pipeline, SloList } from '#dashboards/console/web/data/own-api.ts';

export interface Topics {
  readonly slos: SloList;
  readonly incidents: IncidentList;
  readonly pipeline: Pipeline;
  readonly deliveries: DeliveryList;
}

export interface LiveState<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  /** When the connection was lost; undefined while it stands. */
  readonly staleSinceMs: number | undefined;
}

type TopicName = keyof Topics;

const WAITING: LiveState<never> = { data: undefined, error: undefined, staleSinceMs: undefined };
/** Components of one page come and go together: the connection is changed once for all of them. */
const SETTLE_MS = 50;

const listeners = new Map<TopicName, Set<() => void>>();
const states = new Map<TopicName, LiveState<unknown>>();
let connected = '';
let stop: (() => void) | undefined;
let settling: ReturnType<typeof setTimeout> | undefined;

/** The last message of a topic, and whether it is still told of. */
export function useLive<T extends TopicName>(topic: T): LiveState<Topics[T]> {
  const subscribe = useCallback((changed: () => void) => join(topic, changed), [topic]);
  const snapshot = useCallback(() => states.get(topic) ?? WAITING, [topic]);
  return useSyncExternalStore(subscribe, snapshot) as LiveState<Topics[T]>;
}

function join(topic: TopicName, changed: () => void): () => void {
  const mine = listeners.get(topic) ?? new Set();
  mine.add(changed);
  listeners.set(topic, mine);
  settle();
  return () => {
    mine.delete(changed);
    if (mine.size === 0) listeners.delete(topic);
    settle();
  };
}

function settle(): void {
  clearTimeout(settling);
  settling = setTimeout(connect, SETTLE_MS);
}

function connect(): void {
  const topics = [...listeners.keys()].toSorted().join(',');
  if (topics === connected) return;
  connected = topics;
  stop?.();
  stop = undefined;
  if (topics === '') return;
  stop = listen(`${OWN}/live?topics=${topics}`, {
    onEvent: (event, data) => put(event as TopicName, { data, error: undefined, staleSinceMs: undefined }),
    onState: (staleSinceMs, error) => {
      for (const topic of listeners.keys()) {
        const data = states.get(topic)?.data;
        put(topic, { data, error: staleSinceMs === undefined ? undefined : error, staleSinceMs });
      }
    },
  });
}

function put(topic: TopicName, state: LiveState<unknown>): void {
  states.set(topic, state);
  for (const changed of listeners.get(topic) ?? []) changed();
}
