/** Reads server-sent events as a browser does, and keeps what came. */
import { get, type IncomingMessage } from 'node:http';

export interface SeenEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

export interface EventSource extends Disposable {
  readonly response: IncomingMessage;
  readonly events: readonly SeenEvent[];
  /** Everything that came, as it came. */
  readonly text: () => string;
  readonly ended: () => boolean;
}

/** Resolves with the head of the answer, whatever its status. */
export function openEventSource(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventSource> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false });
    request.once('error', reject);
    request.once('response', (response) => {
      const events: SeenEvent[] = [];
      let text = '';
      let read = 0;
      let ended = false;
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\n\n', read); end >= 0; end = text.indexOf('\n\n', read)) {
          const event = parsed(text.slice(read, end));
          if (event !== undefined) events.push(event);
          read = end + 2;
        }
      });
      response.on('error', () => {});
      response.on('close', () => (ended = true));
      resolve({
        response,
        events,
        text: () => text,
        ended: () => ended,
        [Symbol.dispose]: () => void request.destroy(),
      });
    });
  });
}

/** Undefined for a comment, or a field alone. */
function parsed(block: string): SeenEvent | undefined {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const [id, event, data] = [fields.get('id'), fields.get('event'), fields.get('data')];
  if (id === undefined || event === undefined || data === undefined) return undefined;
  return { id, event, data: JSON.parse(data) };
}
