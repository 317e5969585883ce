import { choice } from '#chaos/core/parameters.ts';
import { defineFault } from '#chaos/faults/fault.ts';
import { holdDown, holdToxic } from '#chaos/faults/on-the-wire.ts';

/** The partners who drive the loads are not to be had. */
export const carrierOutage = defineFault({
  name: 'carrier-outage',
  layer: 'stream',
  summary: 'no carrier answers a tender: they refuse connections, or keep silent',
  acts: 'proxy',
  claim: 'listener',
  only: ['carriers'],
  parameters: { how: choice(['refuse', 'silent'], 'refuse: nobody listens; silent: nobody answers') },
  begin: (scene, { how }) =>
    how === 'refuse'
      ? holdDown(scene)
      : holdToxic(scene, {
          type: 'timeout',
          stream: 'downstream',
          toxicity: 1,
          attributes: { timeout: 0 },
        }),
});
