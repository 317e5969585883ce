import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CARRIERS } from '#sample-services/carriers/core/fleet.ts';
import { carriersFor } from '#sample-services/dispatch/core/routing-guide.ts';
import { tender, type Decision } from '#sample-services/dispatch/core/tender.ts';
import { EQUIPMENT } from '#sample-services/lib/core/freight.ts';
import { PeerFailure, type PeerFailureKind } from '#sample-services/lib/core/peer-failure.ts';

type Reply = Decision | PeerFailureKind;

/** Carriers that give these replies, one after the other. */
function scripted(replies: readonly Reply[]) {
  const withdrawn: string[] = [];
  const offer = (_carrier: string, number: number): Promise<Decision> => {
    const reply = replies[number] ?? 'none';
    if (reply === 'accept' || reply === 'decline' || reply === 'none') return Promise.resolve(reply);
    return Promise.reject(new PeerFailure('carriers', reply));
  };
  return { carriers: { offer, withdraw: (carrier: string) => void withdrawn.push(carrier) }, withdrawn };
}

const ORDER = ['A', 'B', 'C'];

test('the first to accept has it, nobody is asked after that', async () => {
  const { carriers, withdrawn } = scripted(['decline', 'accept', 'accept']);
  assert.deepEqual(await tender(ORDER, carriers), {
    carrier: 'B',
    offers: [
      { carrier: 'A', decision: 'decline' },
      { carrier: 'B', decision: 'accept' },
    ],
  });
  assert.deepEqual(withdrawn, []);
});

test('all say no or nothing: no carrier', async () => {
  const { carriers } = scripted(['decline', 'none', 'decline']);
  const { carrier, offers } = await tender(ORDER, carriers);
  assert.deepEqual([carrier, offers.length], [undefined, 3]);
});

test('an answer that was lost is taken back before the next is asked', async () => {
  const { carriers, withdrawn } = scripted(['timeout', 'accept']);
  assert.equal((await tender(ORDER, carriers)).carrier, 'B');
  assert.deepEqual(withdrawn, ['A']);
});

test('two lost answers are not the fault of a carrier', async () => {
  const { carriers } = scripted(['timeout', 'timeout', 'accept']);
  await assert.rejects(tender(ORDER, carriers), { kind: 'timeout' });
});

test('where nobody can be reached, nobody else is tried', async () => {
  const { carriers, withdrawn } = scripted(['refused', 'accept']);
  await assert.rejects(tender(ORDER, carriers), { kind: 'refused' });
  assert.deepEqual(withdrawn, []);
});

test('the guide knows only carriers there are, with what they drive', () => {
  for (const equipment of EQUIPMENT) {
    const order = carriersFor({ origin: 'Berlin', destination: 'Paris', weight_kg: 1, equipment });
    assert.ok(order.length >= 3, equipment);
    for (const code of order) {
      const carrier = CARRIERS.find((known) => known.code === code);
      assert.ok(carrier?.equipment.includes(equipment), `${code} ${equipment}`);
    }
  }
});

test('the best carrier differs by lane', () => {
  const first = (destination: 'Paris' | 'Vienna' | 'Genoa' | 'Lyon'): string | undefined =>
    carriersFor({ origin: 'Berlin', destination, weight_kg: 1, equipment: 'dry-van' })[0];
  assert.ok(new Set([first('Paris'), first('Vienna'), first('Genoa'), first('Lyon')]).size > 1);
});
