/** Every fault there is, in the order in which they are listed. */
import { CodedError } from '#base/errors.ts';
import { nearestName } from '#base/nearest.ts';
import { bandwidth } from '#chaos/faults/bandwidth.ts';
import { blackhole } from '#chaos/faults/blackhole.ts';
import { carrierOutage } from '#chaos/faults/carrier-outage.ts';
import { clockSkew } from '#chaos/faults/clock-skew.ts';
import { cpuPressure } from '#chaos/faults/cpu-pressure.ts';
import { cut } from '#chaos/faults/cut.ts';
import { diskFull } from '#chaos/faults/disk-full.ts';
import type { FaultDefinition } from '#chaos/faults/fault.ts';
import { httpAbort } from '#chaos/faults/http-abort.ts';
import { httpDelay } from '#chaos/faults/http-delay.ts';
import { httpError } from '#chaos/faults/http-error.ts';
import { jitter } from '#chaos/faults/jitter.ts';
import { kill } from '#chaos/faults/kill.ts';
import { latency } from '#chaos/faults/latency.ts';
import { memoryPressure } from '#chaos/faults/memory-pressure.ts';
import { pause } from '#chaos/faults/pause.ts';
import { receiverAway } from '#chaos/faults/receiver-away.ts';
import { reset } from '#chaos/faults/reset.ts';
import { slowClose } from '#chaos/faults/slow-close.ts';

export const FAULTS: readonly FaultDefinition[] = [
  latency,
  jitter,
  bandwidth,
  reset,
  cut,
  blackhole,
  slowClose,
  httpError,
  httpAbort,
  httpDelay,
  kill,
  pause,
  cpuPressure,
  memoryPressure,
  clockSkew,
  diskFull,
  carrierOutage,
  receiverAway,
];

/** @throws CodedError `PLIM_PARAMETER` */
export function faultNamed(name: string): FaultDefinition {
  const found = FAULTS.find((fault) => fault.name === name);
  if (found !== undefined) return found;
  const names = FAULTS.map((fault) => fault.name);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? `known are ${names.join(', ')}` : `did you mean ${nearest}?`;
  throw new CodedError('PLIM_PARAMETER', `there is no fault ${JSON.stringify(name)}; ${hint}`);
}
