/** Server-sent events out of text as it arrives (WHATWG HTML, 9.2.6). */

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** An event longer than this is no answer of ours. */
const BUFFER_CHARS_MAX = 16 * 1024 * 1024;

export class EventParser {
  #rest = '';

  /**
   * The events that are complete with this piece of text.
   *
   * @throws RangeError when an event does not end
   */
  push(text: string): readonly ServerEvent[] {
    this.#rest += text;
    if (this.#rest.length > BUFFER_CHARS_MAX) throw new RangeError('an event does not end');
    const events: ServerEvent[] = [];
    for (;;) {
      const end = /\r?\n\r?\n/.exec(this.#rest);
      if (end === null) return events;
      const event = parseEvent(this.#rest.slice(0, end.index));
      this.#rest = this.#rest.slice(end.index + end[0].length);
      if (event !== undefined) events.push(event);
    }
  }
}

function parseEvent(block: string): ServerEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, '');
    if (line.slice(0, colon) === 'event') event = value;
    if (line.slice(0, colon) === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}
