/**
 * The freight company as data: which services there are, which of them each one
 * calls, and by what routes customers come in. Who starts the company reads it
 * here; the services themselves know only the addresses they are given.
 */

export type ServiceName =
  | 'gateway'
  | 'quotes'
  | 'shipments'
  | 'dispatch'
  | 'tracking'
  | 'billing'
  | 'carriers'
  | 'broker';

export interface ServiceDefinition {
  readonly name: ServiceName;
  /** Services it sends requests to. Each arrives as `NAME_URL` in its environment. */
  readonly calls: readonly ServiceName[];
  /** True when it keeps state in `DATA_DIR`. */
  readonly keepsState: boolean;
  /** How its spans leave it: all but the legacy one speak OTLP. */
  readonly traces: 'otlp' | 'jaeger';
}

/** In an order in which each can be started after those it calls. */
export const SERVICES: readonly ServiceDefinition[] = [
  { name: 'broker', calls: [], keepsState: true, traces: 'otlp' },
  { name: 'quotes', calls: [], keepsState: false, traces: 'otlp' },
  { name: 'tracking', calls: ['broker'], keepsState: true, traces: 'otlp' },
  { name: 'carriers', calls: ['tracking'], keepsState: false, traces: 'otlp' },
  { name: 'dispatch', calls: ['carriers'], keepsState: false, traces: 'otlp' },
  { name: 'shipments', calls: ['quotes', 'dispatch', 'broker'], keepsState: true, traces: 'otlp' },
  { name: 'billing', calls: ['broker', 'shipments'], keepsState: true, traces: 'jaeger' },
  { name: 'gateway', calls: ['quotes', 'shipments', 'tracking'], keepsState: false, traces: 'otlp' },
];
