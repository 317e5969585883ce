/**
 * The thread that outlives the main one by a moment: sends what it is given and
 * tells when it is through. Plain JavaScript, because it starts faster; each
 * batch is tried once, because nobody has time.
 */
import { request } from 'node:http';
import { request as requestSecure } from 'node:https';
import { workerData } from 'node:worker_threads';

const { parcels, cell } = workerData;
const done = new Int32Array(cell);
let open = parcels.length;

function settle() {
  open -= 1;
  if (open > 0) return;
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
}

function send({ url, headers, body }) {
  const start = url.startsWith('https:') ? requestSecure : request;
  const outgoing = start(url, { method: 'POST', headers });
  let isSettled = false;
  const once = () => {
    if (!isSettled) settle();
    isSettled = true;
  };
  outgoing.on('response', (incoming) => {
    incoming.on('error', once);
    incoming.on('close', once);
    incoming.resume();
  });
  outgoing.on('error', once);
  outgoing.end(body);
}

for (const parcel of parcels) send(parcel);
