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
  type Alias,
  type Document,
  type Node,
  type YAMLMap,
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
const MERGE_KEY = '<<';

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
    if (isAlias(node)) return this.#aliased(node, at, depth);
    if (isSeq(node)) {
      return { kind: 'list', place: at, items: node.items.map((item) => this.node(item as Node, depth + 1)) };
    }
    if (isMap(node)) {
      return { kind: 'map', place: at, entries: this.#entries(node, depth) };
    }
    return isScalar(node) ? scalar(node.value, node.source, at) : empty(at);
  }

  #aliased(alias: Alias, at: Place, depth: number): ConfigNode {
    this.#aliases += 1;
    if (this.#aliases > ALIASES_MAX) return this.#refuse(`more than ${ALIASES_MAX} aliases`, at);
    const anchored = alias.resolve(this.#document);
    if (anchored === undefined) return this.#refuse(`no anchor &${alias.source} stands before this`, at);
    return this.node(anchored, depth + 1);
  }

  #entries(map: YAMLMap, depth: number): MapEntry[] {
    const own: MapEntry[] = [];
    const merged: MapEntry[] = [];
    for (const pair of map.items) {
      const key = pair.key as Node;
      const entry: MapEntry = {
        key: keyText(key),
        place: place(this.#counter, key.range?.[0] ?? 0),
        value: this.node(pair.value as Node | null, depth + 1),
      };
      if (entry.key === MERGE_KEY) merged.push(...this.#mergeable(entry));
      else own.push(entry);
    }
    // What stands here wins over what is merged, and of that the first.
    const taken = new Set(own.map((entry) => entry.key));
    for (const entry of merged) {
      if (taken.has(entry.key)) continue;
      taken.add(entry.key);
      own.push(entry);
    }
    return own;
  }

  /** Entries of `<<: *map` or `<<: [*map, *map]`. */
  #mergeable({ value }: MapEntry): readonly MapEntry[] {
    const maps = value.kind === 'list' ? value.items : [value];
    return maps.flatMap((source) => {
      if (source.kind === 'map') return source.entries;
      this.#complain('only maps can be merged with <<', source.place);
      return [];
    });
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

/** The parser reads a merge key as a symbol of its own. */
function keyText(key: Node): string {
  if (!isScalar(key)) return String(key);
  return typeof key.value === 'symbol' ? MERGE_KEY : String(key.value);
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
