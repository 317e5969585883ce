/** The toxics of one proxy as data: names, order, attributes; what the API shows. */
import { badBody, field, type JsonObject } from '#chaos/proxy/core/decode.ts';
import { TOXIC_TYPES } from '#chaos/proxy/core/toxics/registry.ts';
import type { Attributes, AttributeSpec, AttributeValue, ToxicType } from '#chaos/proxy/core/toxics/toxic.ts';
import {
  ProxyError,
  type Direction,
  type ToxicChange,
  type ToxicDefinition,
  type ToxicView,
} from '#chaos/proxy/types.ts';

/** More than anybody sets by hand; each costs every connection a stage. */
const TOXICS_MAX = 64;
const NAME_CHARS_MAX = 200;

/** A toxic set on a proxy. A change makes a new one in its place. */
export interface Toxic {
  readonly name: string;
  readonly kind: ToxicType;
  readonly direction: Direction;
  /** The direction as it was spelled. */
  readonly stream: string;
  readonly toxicity: number;
  readonly attributes: Attributes;
}

export class ToxicSet {
  readonly #byDirection: Record<Direction, Toxic[]> = { upstream: [], downstream: [] };

  /** Upstream ones first, each direction in the order of its chain. */
  all(): Toxic[] {
    return [...this.#byDirection.upstream, ...this.#byDirection.downstream];
  }

  /** @throws ProxyError 404 */
  get(name: string): Toxic {
    const found = this.all().find((toxic) => toxic.name === name);
    if (found === undefined) throw new ProxyError(404, 'toxic not found');
    return found;
  }

  /** @throws ProxyError 400, 409 */
  add(definition: ToxicDefinition): Toxic {
    const stream = definition.stream ?? 'downstream';
    const direction = stream.toLowerCase();
    if (direction !== 'upstream' && direction !== 'downstream') {
      throw new ProxyError(400, 'stream was invalid, can be either upstream or downstream');
    }
    const name = definition.name || `${definition.type}_${stream}`;
    const kind = TOXIC_TYPES.get(definition.type);
    if (kind === undefined) throw new ProxyError(400, 'invalid toxic type');
    if (this.all().some((toxic) => toxic.name === name)) throw new ProxyError(409, 'toxic already exists');
    if (this.all().length >= TOXICS_MAX)
      throw new ProxyError(400, `a proxy takes at most ${TOXICS_MAX} toxics`);
    if (name.length > NAME_CHARS_MAX) {
      throw new ProxyError(400, `a toxic's name has at most ${NAME_CHARS_MAX} characters`);
    }
    const attributes = readAttributes(kind, definition.attributes ?? {}, {});
    const toxicity = Math.fround(definition.toxicity ?? 1);
    const toxic = { name, kind, direction, stream, toxicity, attributes } as const;
    this.#byDirection[direction].push(toxic);
    return toxic;
  }

  /** @throws ProxyError 400, 404 */
  update(name: string, change: ToxicChange): { readonly before: Toxic; readonly after: Toxic } {
    const before = this.get(name);
    const after: Toxic = {
      ...before,
      attributes: readAttributes(before.kind, change.attributes ?? {}, before.attributes),
      toxicity: Math.fround(change.toxicity ?? before.toxicity),
    };
    const chain = this.#byDirection[before.direction];
    chain[chain.indexOf(before)] = after;
    return { before, after };
  }

  /** @throws ProxyError 404 */
  remove(name: string): Toxic {
    const toxic = this.get(name);
    const chain = this.#byDirection[toxic.direction];
    chain.splice(chain.indexOf(toxic), 1);
    return toxic;
  }
}

export function toxicView({ attributes, name, kind, stream, toxicity }: Toxic): ToxicView {
  return { attributes, name, type: kind.type, stream, toxicity: shortFloat(toxicity) };
}

/** The shortest decimal that is the same 32-bit float; upstream keeps toxicity in one. */
export function shortFloat(value: number): number {
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

function readAttributes(kind: ToxicType, given: JsonObject, before: Attributes): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  for (const spec of kind.attributes) {
    const value = field(given, spec.name);
    attributes[spec.name] =
      value === undefined || value === null ? (before[spec.name] ?? spec.otherwise) : checked(spec, value);
  }
  const problem = kind.check?.(attributes);
  if (problem !== undefined) throw badBody(problem);
  return attributes;
}

function checked(spec: AttributeSpec, value: unknown): AttributeValue {
  switch (spec.kind) {
    case 'integer':
      if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
      break;
    case 'number':
      if (typeof value === 'number') return value;
      break;
    case 'text':
      if (typeof value === 'string') return value;
      break;
    case 'flag':
      if (typeof value === 'boolean') return value;
      break;
    default:
      spec.kind satisfies never;
  }
  throw badBody(`json: attributes.${spec.name} must be of kind ${spec.kind}, got ${JSON.stringify(value)}`);
}
