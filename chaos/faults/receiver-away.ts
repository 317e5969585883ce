import { defineFault } from '#chaos/faults/fault.ts';
import { holdDown } from '#chaos/faults/on-the-wire.ts';

/** What watches is struck itself: pages, or telemetry, find nobody. */
export const receiverAway = defineFault({
  name: 'receiver-away',
  layer: 'stream',
  summary: 'nobody listens where pages (pager) or telemetry (collector) go',
  acts: 'proxy',
  claim: 'listener',
  only: ['pager', 'collector'],
  parameters: {},
  begin: holdDown,
});
