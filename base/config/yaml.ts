/**
 * YAML with positions: the one place that knows the `yaml` package. Anchors and
 * merge keys are resolved; only the first document counts.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
} from 'yaml';
import type { Problem } from '#base/problem.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface MapEntry {
  readonly key: string;
  readonly place: Place;
  readonly value: ConfigNode;
}

export type ConfigNode =
  | { readonly kind: 'map'; readonly place: Place; readonly entries: readonly MapEntry[] }
  | { readonly kind: 'list'; readonly place: Place; readonly items: readonly ConfigNode[] }
  | {
      readonly kind: 'scalar';
      readonly place: Place;
      readonly value: string | number | boolean | null;
      readonly text: string;
    };

/** A file larger than this is refused: configuration is written by people. */
export const CONFIG_BYTES_MAX = 4 * 1024 * 1024;
const DEPTH_MAX = 64;
const ALIASES_MAX = 1000;

export interface ParsedYaml {
  /** One root a document; an empty document gives none. */
  readonly roots: readonly ConfigNode[];
  readonly problems: readonly Problem[];
}

export function parseYaml(file: string, text: string): ParsedYaml {
  const problems: Problem[] = [];
  const complain = (message: string, place: Place): void => {
    problems.push({ file, ...place, path: '', severity: 'error', message });
  };
  if (text.length > CONFIG_BYTES_MAX) {
    complain(`the file has ${text.length} characters, at most ${CONFIG_BYTES_MAX} are read`, {
      line: 0,
      column: 0,
    });
    return { roots: [], problems };
  }
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: counter, merge: true, uniqueKeys: true });
  const roots: ConfigNode[] = [];
  for (const document of documents as Document.Parsed[]) {
    for (const error of document.errors) complain(firstLine(error.message), place(counter, error.pos[0]));
    if (document.errors.length > 0 || document.contents === null) continue;
    const convert = new Converter(document, counter, complain);
    roots.push(convert.node(document.contents, 0));
  }
  return { roots, problems };
}

class Converter {
  readonly #document: Document;
  readonly #counter: LineCounter;
  readonly #complain: (message: string, place: Place) => void;
  #aliases = 0;

  constructor(document: Document, counter: LineCounter, complain: (message: string, place: Place) => void) {
    this.#document = document;
    this.#counter = counter;
    this.#complain = complain;
  }

  node(node: Node | null | undefined, depth: number): ConfigNode {
    const at = place(this.#counter, node?.range?.[0] ?? 0);
    if (node === null || node === undefined) return empty(at);
    if (depth > DEPTH_MAX) return this.#refuse(`nested deeper than ${DEPTH_MAX} levels`, at);
    if (isAlias(node)) {
      this.#aliases += 1;
      if (this.#aliases > ALIASES_MAX) return this.#refuse(`more than ${ALIASES_MAX} aliases`, at);
      return this.node(node.resolve(this.#document), depth + 1);
    }
    if (isSeq(node)) {
      return { kind: 'list', place: at, items: node.items.map((item) => this.node(item as Node, depth + 1)) };
    }
    if (isMap(node)) {
      const entries = node.items.map((pair): MapEntry => {
        const key = pair.key as Node;
        return {
          key: isScalar(key) ? String(key.value) : String(key),
          place: place(this.#counter, key.range?.[0] ?? 0),
          value: this.node(pair.value as Node | null, depth + 1),
        };
      });
      return { kind: 'map', place: at, entries };
    }
    return isScalar(node) ? scalar(node.value, node.source, at) : empty(at);
  }

  #refuse(message: string, at: Place): ConfigNode {
    this.#complain(message, at);
    return empty(at);
  }
}

function scalar(value: unknown, source: string | undefined, at: Place): ConfigNode {
  if (typeof value === 'bigint')
    return { kind: 'scalar', place: at, value: Number(value), text: source ?? String(value) };
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return { kind: 'scalar', place: at, value: known ? value : null, text: source ?? String(value) };
}

function empty(at: Place): ConfigNode {
  return { kind: 'scalar', place: at, value: null, text: '' };
}

function place(counter: LineCounter, offset: number): Place {
  const { line, col } = counter.linePos(offset);
  return { line, column: col };
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? text).replace(/ at line \d+, column \d+:?$/, '');
}
