/** Holds faults until it is killed: the daemon's address and a list of requests as JSON are its arguments. */
import { systemClock } from '#base/real/clock.ts';
import { systemNet } from '#base/real/net.ts';
import { ChaosClient, type FaultRequest } from '#chaos/client.ts';

const [, , control = '', requests = '[]'] = process.argv;
const client = new ChaosClient(control, systemNet, systemClock);
const wanted = JSON.parse(requests) as readonly FaultRequest[];
await Promise.all(wanted.map((request) => client.hold(request)));
process.stdout.write('holding\n');
