/** What can be done here: on the machine, and on each target. */
import type { Target } from '#chaos/core/targets.ts';
import type { Availability, FaultDefinition, Files, Machine } from '#chaos/faults/fault.ts';

export function availabilityOf(
  definition: FaultDefinition,
  machine: Machine,
  target: Target,
  files: Files,
): Availability {
  const onMachine = definition.available(machine);
  return onMachine.kind === 'available' ? definition.availableOn(target, files) : onMachine;
}
