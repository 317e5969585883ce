/**
 * The engines a demo stands on: the part of a configuration file that says where
 * telemetry is kept and who routes alerts. The rest is the demo's own.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { CodedError } from '#base/errors.ts';
import { loadConfig } from '#bin/config.ts';

/** Values of keys of plimsoll.yaml, as written there; a key left out means the embedded default. */
export interface Engines {
  readonly journal?: object;
  readonly storage?: object;
  readonly exporters?: object;
  readonly service?: object;
  /** Of `alerting.alertmanagers`: they route in place of the platform. */
  readonly alertmanagers?: readonly object[];
  /** Of `alerting.external_labels`. */
  readonly externalLabels?: Readonly<Record<string, string>>;
  /** Of `server.grafana_url`: whoever has engines has a Grafana over them. */
  readonly grafanaUrl?: string;
}

const TAKEN = ['journal', 'storage', 'exporters', 'service'] as const;

/** @throws CodedError `PLIM_CONFIG_INVALID` with every problem; also for a section that is the demo's own */
export function readEngines(file: string): Engines {
  loadConfig(file);
  const written = parse(readFileSync(file, 'utf8')) as Readonly<Record<string, object>> | null;
  const { alerting, server, ...sections } = written ?? {};
  const { alertmanagers, ...others } = (alerting ?? {}) as { readonly alertmanagers?: readonly object[] };
  const { grafana_url: grafanaUrl, ...served } = (server ?? {}) as { readonly grafana_url?: string };
  const own = [
    ...Object.keys(sections).filter((key) => !(TAKEN as readonly string[]).includes(key)),
    ...Object.keys(others).map((key) => `alerting.${key}`),
    ...Object.keys(served).map((key) => `server.${key}`),
  ];
  if (own.length > 0) {
    const taken = `${TAKEN.join(', ')}, alerting.alertmanagers and server.grafana_url`;
    const message = `${file}: ${own.join(', ')} is set by the demo itself; it takes ${taken}`;
    throw new CodedError('PLIM_CONFIG_INVALID', message);
  }
  return {
    ...sections,
    ...(alertmanagers === undefined ? {} : { alertmanagers }),
    ...(grafanaUrl === undefined ? {} : { grafanaUrl }),
  };
}

/**
 * Every data folder has a topic of its own in Kafka, and its alerts a label of
 * their own: what an earlier demo wrote there, or told an Alertmanager that still
 * believes it, is not this one's.
 */
export function enginesOf(engines: Engines, dataDirectory: string): Engines {
  const demo = createHash('sha256').update(dataDirectory).digest('hex').slice(0, 8);
  const { kafka } = (engines.journal ?? {}) as { readonly kafka?: { readonly topic?: string } };
  const topic = `${kafka?.topic ?? 'plimsoll'}-${demo}`;
  return {
    ...engines,
    ...(kafka === undefined ? {} : { journal: { kafka: { ...kafka, topic } } }),
    ...(engines.alertmanagers === undefined ? {} : { externalLabels: { demo } }),
  };
}
