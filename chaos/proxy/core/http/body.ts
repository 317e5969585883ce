/** Finds the end of an HTTP/1.x message body (RFC 9112 §6, §7.1) without keeping any of it. */
import type { Framing } from '#chaos/proxy/core/http/head.ts';

export interface BodyReader {
  /** `broken`: the bytes are not framed as announced. */
  readonly state: 'open' | 'done' | 'broken';
  /** Index after the bytes of the body in `data` from `from` on. */
  consume(data: Uint8Array, from: number): number;
}

const CR = 13;
const LF = 10;
/** Longer size lines and trailers are nonsense. */
const LINE_BYTES_MAX = 8 * 1024;
/** 2^52, the last size whose sums are exact. */
const SIZE_DIGITS_MAX = 13;

export function bodyReader(framing: Framing): BodyReader {
  switch (framing.kind) {
    case 'none':
      return { state: 'done', consume: (_data, from) => from };
    case 'length':
      return new LengthBody(framing.bytes);
    case 'chunked':
      return new ChunkedBody();
    case 'until-close':
      return { state: 'open', consume: (data) => data.length };
  }
}

class LengthBody implements BodyReader {
  #bytesLeft: number;

  constructor(bytes: number) {
    this.#bytesLeft = bytes;
  }

  get state(): BodyReader['state'] {
    return this.#bytesLeft === 0 ? 'done' : 'open';
  }

  consume(data: Uint8Array, from: number): number {
    const taken = Math.min(this.#bytesLeft, data.length - from);
    this.#bytesLeft -= taken;
    return from + taken;
  }
}

/**
 * ```
 * body    = *chunk last-chunk *( trailer CRLF ) CRLF
 * chunk   = size [ extension ] CRLF data CRLF
 * ```
 */
class ChunkedBody implements BodyReader {
  #at: 'size' | 'data' | 'after-data' | 'trailer' | 'done' | 'broken' = 'size';
  #line = '';
  #bytesLeft = 0;

  get state(): BodyReader['state'] {
    if (this.#at === 'done' || this.#at === 'broken') return this.#at;
    return 'open';
  }

  consume(data: Uint8Array, from: number): number {
    let at = from;
    while (at < data.length && this.state === 'open') {
      at = this.#at === 'data' ? this.#skipData(data, at) : this.#takeLine(data, at);
    }
    return at;
  }

  #skipData(data: Uint8Array, from: number): number {
    const taken = Math.min(this.#bytesLeft, data.length - from);
    this.#bytesLeft -= taken;
    if (this.#bytesLeft === 0) this.#at = 'after-data';
    return from + taken;
  }

  #takeLine(data: Uint8Array, from: number): number {
    const lineEnd = data.indexOf(LF, from);
    const to = lineEnd === -1 ? data.length : lineEnd + 1;
    if (this.#line.length + to - from > LINE_BYTES_MAX) {
      this.#at = 'broken';
      return to;
    }
    for (let at = from; at < to; at += 1) this.#line += String.fromCharCode(data[at] ?? 0);
    if (lineEnd !== -1) this.#endLine();
    return to;
  }

  #endLine(): void {
    const line = this.#line;
    this.#line = '';
    if (line.charCodeAt(line.length - 2) !== CR) this.#at = 'broken';
    else this.#at = this.#next(line.slice(0, -2));
  }

  #next(line: string): 'size' | 'data' | 'trailer' | 'done' | 'broken' {
    if (this.#at === 'after-data') return line === '' ? 'size' : 'broken';
    if (this.#at === 'trailer') return line === '' ? 'done' : 'trailer';
    const digits = /^([\da-f]+)[\t ]*(?:;.*)?$/i.exec(line)?.[1];
    if (digits === undefined || digits.length > SIZE_DIGITS_MAX) return 'broken';
    this.#bytesLeft = Number.parseInt(digits, 16);
    return this.#bytesLeft === 0 ? 'trailer' : 'data';
  }
}
