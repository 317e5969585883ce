/**
 * Lets instrumentations see what the application loads, as ES module or as
 * CommonJS. The hooks run in this thread: no loader flag, no warning, no round
 * trip for each module.
 */
import { createRequire, registerHooks, syncBuiltinESMExports, type ResolveHookContext } from 'node:module';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type * as Kafka from '@opentelemetry/instrumentation-kafkajs';
import { register } from 'import-in-the-middle/register-hooks.mjs';

/** Packages whose ES imports are wrapped; everything else loads untouched. */
const WRAPPED = ['express', 'kafkajs'];
const KAFKA = 'kafkajs';

/** To be called once, after the instrumentations are enabled. */
export function hookModules(enable: (instrumentation: Instrumentation) => void): void {
  const require = createRequire(import.meta.url);
  // Instrumentations patch what is required. Node's own modules are there once
  // for all: required here, they are patched for ES imports as well.
  for (const builtin of ['node:http', 'node:https']) require(builtin);
  syncBuiltinESMExports();
  register({ include: WRAPPED });
  const enableKafka = ({ parentURL, conditions }: ResolveHookContext): void => {
    const { KafkaJsInstrumentation } = require('@opentelemetry/instrumentation-kafkajs') as typeof Kafka;
    enable(new KafkaJsInstrumentation());
    // A `require` under way began before the instrumentation could see it: a second one is seen.
    if (parentURL !== undefined && conditions.includes('require')) createRequire(parentURL)(KAFKA);
  };
  let isKafkaSeen = false;
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === KAFKA && !isKafkaSeen) {
        isKafkaSeen = true;
        try {
          enableKafka(context);
        } catch {
          // Not installed: the import that is under way says so itself.
        }
      }
      return next(specifier, context);
    },
  });
}
