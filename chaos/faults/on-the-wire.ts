/** What faults between a caller and its callee share: a toxic in the proxy before the target. */
import type { ParameterSet, ValuesOf } from '#chaos/core/parameters.ts';
import { choice, share } from '#chaos/core/parameters.ts';
import {
  defineFault,
  type FaultDefinition,
  type Layer,
  type Scene,
  type Toxic,
} from '#chaos/faults/fault.ts';

export const STREAM = choice(
  ['downstream', 'upstream'],
  'downstream: what the target answers; upstream: what it is asked',
);

/** Most stream faults strike some connections only, if wanted. */
export const CONNECTIONS = share('of the connections');

interface StreamFault<Set extends ParameterSet> {
  readonly name: string;
  readonly layer?: Layer;
  readonly summary: string;
  readonly parameters: Set;
  readonly toxic: (parameters: ValuesOf<Set>) => Omit<Toxic, 'name'>;
}

/** A fault that is one toxic while it lasts. */
export function toxicFault<const Set extends ParameterSet>(fault: StreamFault<Set>): FaultDefinition {
  const { name, layer = 'stream', summary, parameters, toxic } = fault;
  return defineFault({
    name,
    layer,
    summary,
    acts: 'proxy',
    parameters,
    begin: (scene, values) => holdToxic(scene, toxic(values)),
  });
}

export async function holdToxic(scene: Scene, toxic: Omit<Toxic, 'name'>): Promise<{ end(): Promise<void> }> {
  const { network, proxy, id } = scene;
  await network.addToxic(proxy, { name: id, ...toxic });
  return { end: () => network.removeToxic(proxy, id) };
}

/** The proxy neither listens nor keeps a connection. */
export async function holdDown({ network, proxy }: Scene): Promise<{ end(): Promise<void> }> {
  await network.setEnabled(proxy, false);
  return { end: () => network.setEnabled(proxy, true) };
}
