/** Which carriers are asked for a load, and in which order. */
import type { Equipment, Load } from '#sample-services/lib/core/freight.ts';
import { chance } from '#sample-services/lib/core/random.ts';

interface Contract {
  readonly carrier: string;
  readonly equipment: readonly Equipment[];
  /** Thousandths of the usual price: who is cheaper is asked sooner. */
  readonly costPermille: number;
}

const CONTRACTS: readonly Contract[] = [
  { carrier: 'NRDK', equipment: ['dry-van', 'reefer'], costPermille: 960 },
  { carrier: 'HALB', equipment: ['dry-van', 'flatbed'], costPermille: 975 },
  { carrier: 'KEST', equipment: ['dry-van', 'reefer', 'flatbed'], costPermille: 1010 },
  { carrier: 'VOSS', equipment: ['reefer', 'flatbed'], costPermille: 985 },
  { carrier: 'LUDO', equipment: ['dry-van', 'reefer', 'flatbed'], costPermille: 1040 },
];

/** Lanes differ: a carrier may be that much better or worse on one, in thousandths. */
const LANE_SPREAD_PERMILLE = 80;

/** Codes of the carriers that can carry it, the best for its lane first. */
export function carriersFor({ origin, destination, equipment }: Load): readonly string[] {
  const costOf = ({ carrier, costPermille }: Contract): number =>
    costPermille + LANE_SPREAD_PERMILLE * (chance('lane', origin, destination, carrier) - 0.5);
  return CONTRACTS.filter((contract) => contract.equipment.includes(equipment))
    .toSorted((a, b) => costOf(a) - costOf(b))
    .map(({ carrier }) => carrier);
}
