/** Names of indices in requests, and the two data streams there are. */
import { dataStreamName, LOGS_STREAM, TRACES_STREAM } from '#signals/elasticsearch/documents.ts';
import type { StreamType } from '#signals/elasticsearch/fields.ts';
import { noSuchIndex } from '#server/elasticsearch/core/errors.ts';

export const INDEX_NAMES: Readonly<Record<StreamType, string>> = {
  logs: dataStreamName(LOGS_STREAM),
  traces: dataStreamName(TRACES_STREAM),
};
const STREAMS: readonly StreamType[] = ['logs', 'traces'];

/**
 * Streams a list of names and patterns means; `-` before one takes it away again.
 *
 * @throws ElasticError `index_not_found_exception` for a name that is no pattern
 */
export function streamsOf(names: string, ignoreUnavailable: boolean): readonly StreamType[] {
  const found = new Set<StreamType>();
  for (const name of names.split(',').map((one) => one.trim())) {
    const excluded = name.startsWith('-') && found.size > 0;
    const matching = STREAMS.filter((stream) =>
      isMeant(excluded ? name.slice(1) : name, INDEX_NAMES[stream]),
    );
    if (matching.length === 0 && !name.includes('*') && !ignoreUnavailable) throw noSuchIndex(name);
    for (const stream of matching) {
      if (excluded) found.delete(stream);
      else found.add(stream);
    }
  }
  return STREAMS.filter((stream) => found.has(stream));
}

function isMeant(pattern: string, name: string): boolean {
  return pattern === '' || pattern === '_all' || matchesName(pattern, name);
}

/** Whether a name fits a pattern in which `*` stands for anything. */
export function matchesName(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === name;
  const last = rest.pop() ?? '';
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
