/** OpenTelemetry's own set-up for an Express service, as its documentation has it, with its defaults. */
import { register } from 'import-in-the-middle/register-hooks.mjs';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK } from '@opentelemetry/sdk-node';

new NodeSDK({
  instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation(), new UndiciInstrumentation()],
}).start();
register();
