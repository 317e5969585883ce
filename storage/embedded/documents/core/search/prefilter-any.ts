/**
 * What a document certainly has in which a word, a phrase or a pattern stands in
 * any field: it stands in the message, in a column of texts, or, escaped as JSON
 * escapes it, in the attributes.
 */
import {
  dataStreamName,
  LOGS_STREAM,
  SPAN_KIND_NAMES,
  STATUS_CODE_NAMES,
  TRACES_STREAM,
} from '#signals/elasticsearch/documents.ts';
import type { StreamType } from '#signals/elasticsearch/fields.ts';
import { lowerCase } from '#signals/elasticsearch/analyzer.ts';
import type { Condition } from '#storage/embedded/documents/core/search/prefilter.ts';
import { asNumber } from '#storage/embedded/documents/core/search/values.ts';

const COLUMNS: Readonly<Record<StreamType, readonly string[]>> = {
  logs: ['severity_text', 'event_name', 'attributes', 'resource', 'scope'],
  traces: ['name', 'trace_state', 'status_message', 'attributes', 'resource', 'scope'],
};

/** Texts of fields that no column holds as text. */
const ELSEWHERE = [
  dataStreamName(LOGS_STREAM),
  dataStreamName(TRACES_STREAM),
  ...Object.values(SPAN_KIND_NAMES),
  ...Object.values(STATUS_CODE_NAMES),
].join('\n');
const HEX = /^[0-9a-fA-F]+$/;
const PLAIN = /^[\u0020-\u007e]+$/;

/**
 * @param part what any keyword that matches holds
 * @param words what any message that matches holds one of
 * @returns undefined when that is not certain: numbers and ids stand in columns of their own
 */
export function anyFieldCondition(
  stream: StreamType,
  part: string,
  words: readonly string[],
): Condition | undefined {
  if (!PLAIN.test(part) || asNumber(part) !== undefined || HEX.test(part) || ELSEWHERE.includes(part)) {
    return undefined;
  }
  const escaped = JSON.stringify(part).slice(1, -1);
  return (bind) => {
    const [plain, quoted] = [bind(part), bind(escaped)];
    const columns = COLUMNS[stream].map((column) =>
      column === 'attributes' || column === 'resource' || column === 'scope'
        ? `contains(${column}, ${quoted})`
        : `contains(coalesce(${column}, ''), ${plain})`,
    );
    const texts =
      stream === 'logs' ? words.map((word) => `contains(lower(message), ${bind(lowerCase(word))})`) : [];
    return `(${[...texts, ...columns].join(' or ')})`;
  };
}
