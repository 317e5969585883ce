import { defineFault } from '#chaos/faults/fault.ts';
import { holdDown } from '#chaos/faults/on-the-wire.ts';

/** Toxiproxy's `enabled: false`. */
export const cut = defineFault({
  name: 'cut',
  layer: 'stream',
  summary: 'connections to the target are closed, new ones refused',
  acts: 'proxy',
  claim: 'listener',
  parameters: {},
  begin: holdDown,
});
