import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '#base/sim/clock.ts';
import { seededRandom } from '#base/sim/random.ts';
import { httpFaultFrom, pathPattern, type HttpFault } from '#chaos/proxy/core/http/fault.ts';
import { HttpTap } from '#chaos/proxy/core/http/tap.ts';
import type { Sink } from '#chaos/proxy/core/stage.ts';
import type { Attributes } from '#chaos/proxy/core/toxics/toxic.ts';

const GET = 'GET /a HTTP/1.1\r\nhost: x\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const CHUNKED_OK =
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nt: 1\r\n\r\n';
const UNAVAILABLE =
  'HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n' +
  'content-length: 20\r\nconnection: keep-alive\r\n\r\nService Unavailable\n';

function post(body: string, more = ''): string {
  return `POST /b HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;
}

function fault(attributes: Attributes, toxicity = 1): HttpFault {
  return httpFaultFrom({ share: 1, ...attributes }, toxicity);
}

/** A tap whose ends write down what they get. */
class Rig {
  readonly clock = new SimulatedClock();
  faults: readonly HttpFault[] = [];
  readonly effects: string[] = [];
  server = '';
  client = '';
  clientHasRoom = true;
  readonly tap: HttpTap;

  constructor(...faults: HttpFault[]) {
    this.faults = faults;
    this.tap = new HttpTap({
      clock: this.clock,
      random: seededRandom(1),
      faults: () => this.faults,
      toServer: this.#sink((text) => (this.server += text)),
      toClient: {
        ...this.#sink((text) => (this.client += text)),
        accepts: () => this.clientHasRoom,
      },
      onRoom: () => {},
      onEffect: (effect) => this.effects.push(effect),
    });
  }

  ask(text: string): this {
    this.tap.requests.push({ data: Buffer.from(text, 'latin1'), atMs: this.clock.monotonicMs() });
    return this;
  }

  reply(text: string): this {
    this.tap.responses.push({ data: Buffer.from(text, 'latin1'), atMs: this.clock.monotonicMs() });
    return this;
  }

  #sink(write: (text: string) => void): Sink {
    let isEnded = false;
    return {
      accepts: () => true,
      push: ({ data }) => {
        assert.ok(!isEnded, 'nothing follows an end');
        write(Buffer.from(data).toString('latin1'));
      },
      end: (ending) => {
        if (!isEnded) write(`<${ending}>`);
        isEnded = true;
      },
    };
  }
}

test('without faults everything passes, whole, in pieces and pipelined', () => {
  const requests = `${GET}${post('hello')}${GET}`;
  const responses = `${OK}${CHUNKED_OK}${OK}`;
  for (const size of [1, 2, 3, 7, 64, 10_000]) {
    const rig = new Rig();
    for (let at = 0; at < requests.length; at += size) rig.ask(requests.slice(at, at + size));
    assert.equal(rig.server, requests, `pieces of ${size}`);
    for (let at = 0; at < responses.length; at += size) rig.reply(responses.slice(at, at + size));
    assert.equal(rig.client, responses, `pieces of ${size}`);
  }
});

test('what is not HTTP passes at once', () => {
  for (const text of [
    '\x16\x03\x01',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'PING',
    'HELLO',
    'GET key',
    'GET k\r\n',
  ]) {
    const rig = new Rig(fault({ status: 503 }));
    assert.equal(rig.ask(text).server, text);
    assert.equal(rig.reply('\x00any').client, '\x00any');
    assert.equal(rig.ask(GET).server, text + GET, 'for good');
  }
});

test('a server that speaks first makes the connection opaque', () => {
  const rig = new Rig(fault({ status: 503 }));
  assert.equal(rig.reply('220 ready').client, '220 ready');
  assert.equal(rig.ask(GET).server, GET);
});

test('a status is answered in the place of the server, which hears nothing', () => {
  const rig = new Rig(fault({ status: 503 }));
  rig.ask(GET);
  assert.equal(rig.server, '');
  assert.equal(rig.client, UNAVAILABLE);
  rig.faults = [];
  rig.ask(GET).reply(OK);
  assert.equal(rig.server, GET, 'the connection is as good as before');
  assert.equal(rig.client, UNAVAILABLE + OK);
  assert.deepEqual(rig.effects, ['answered']);
});

test('the body of a request that is answered is drained first, however it is framed', () => {
  const chunked = 'POST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
  for (const request of [post('hello'), chunked]) {
    const rig = new Rig(fault({ status: 503 }));
    rig.ask(request.slice(0, -1));
    assert.equal(rig.client, '');
    rig.ask(request.slice(-1));
    assert.equal(rig.client, UNAVAILABLE);
    rig.faults = [];
    assert.equal(rig.ask(GET).server, GET);
  }
});

test('pipelined: answers keep the order of their requests', () => {
  const rig = new Rig(fault({ status: 503, method: 'POST' }));
  rig.ask(`${GET}${post('x')}${GET}${post('y')}`);
  assert.equal(rig.server, GET + GET);
  assert.equal(rig.client, '');
  rig.reply(OK.slice(0, 10));
  rig.reply(OK.slice(10) + CHUNKED_OK);
  assert.equal(rig.client, OK + UNAVAILABLE + CHUNKED_OK + UNAVAILABLE);
});

test('pipelined: interim responses belong to their request', () => {
  const rig = new Rig(fault({ status: 503, method: 'POST' }));
  rig.ask(`${GET}${post('x')}`);
  const interim = 'HTTP/1.1 103 Early Hints\r\nlink: </s>\r\n\r\n';
  rig.reply(interim + interim);
  assert.equal(rig.client, interim + interim);
  rig.reply(OK);
  assert.equal(rig.client, interim + interim + OK + UNAVAILABLE);
});

test('HEAD, 204 and 304 have no body, on either side', () => {
  const rig = new Rig(fault({ status: 503, method: 'POST' }));
  rig.ask(`HEAD /a HTTP/1.1\r\n\r\n${GET}${GET}${post('x')}`);
  const heads =
    'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n' +
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\n\r\n';
  rig.reply(heads);
  assert.equal(rig.client, heads + UNAVAILABLE);
  const ours = new Rig(fault({ status: 503 }));
  ours.ask('HEAD /a HTTP/1.1\r\n\r\n');
  assert.match(ours.client, /content-length: 20\r\n.*\r\n\r\n$/s);
  const empty = new Rig(fault({ status: 204 }));
  empty.ask(GET);
  assert.equal(empty.client, 'HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n');
});

test('a client that wants the connection closed gets it closed, and time to read', () => {
  for (const request of ['GET /a HTTP/1.1\r\nconnection: close\r\n\r\n', 'GET /a HTTP/1.0\r\n\r\n']) {
    const rig = new Rig(fault({ status: 503 }));
    rig.ask(request).ask(GET);
    assert.equal(rig.client, `${UNAVAILABLE.replace('keep-alive', 'close')}<fin>`);
    assert.equal(rig.server, '<fin>');
    rig.tap.close();
  }
});

test('a client that waits for 100 is answered at once, and the connection ends', () => {
  const rig = new Rig(fault({ status: 503 }));
  rig.ask('POST /b HTTP/1.1\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n');
  assert.equal(rig.client, `${UNAVAILABLE.replace('keep-alive', 'close')}<fin>`);
  rig.ask('hello');
  assert.equal(rig.server, '<fin>');
  rig.tap.close();
});

test('abort resets both ends, after the answers that were due before it', () => {
  const rig = new Rig(fault({ abort: true, path: '/b' }));
  rig.ask(`${GET}${post('x')}`);
  assert.equal(rig.client, '');
  rig.reply(OK);
  assert.equal(rig.client, `${OK}<reset>`);
  assert.equal(rig.server, `${GET}<reset>`);
  assert.deepEqual(rig.effects, ['aborted']);
});

test('a delay holds the request and those behind it; removal lets it go at once', () => {
  const rig = new Rig(fault({ delay_ms: 100, path: '/a' }));
  rig.ask(GET + post('x'));
  assert.equal(rig.tap.requests.accepts(), false);
  rig.clock.advance(99);
  assert.equal(rig.server, '');
  rig.clock.advance(1);
  assert.equal(rig.server, GET + post('x'));
  rig.ask(GET);
  rig.faults = [];
  rig.tap.faultsChanged();
  assert.equal(rig.server, GET + post('x') + GET);
  assert.equal(rig.tap.requests.accepts(), true);
  rig.clock.advance(1000);
  assert.equal(rig.server, GET + post('x') + GET);
});

test('delays of several faults add up before the one that answers', () => {
  const rig = new Rig(fault({ delay_ms: 100 }), fault({ delay_ms: 50, status: 503 }), fault({ abort: true }));
  rig.ask(GET);
  rig.clock.advance(149);
  assert.equal(rig.client, '');
  rig.clock.advance(1);
  assert.equal(rig.client, UNAVAILABLE);
  assert.deepEqual(rig.effects, ['delayed', 'answered']);
});

test('a fault set while a request is under way meets the next one', () => {
  const rig = new Rig();
  rig.ask(post('hello').slice(0, -3));
  rig.faults = [fault({ status: 503 })];
  rig.ask(post('hello').slice(-3)).reply(OK).ask(GET);
  assert.equal(rig.server, post('hello'));
  assert.equal(rig.client, OK + UNAVAILABLE);
});

test('share is drawn for each request, toxicity for each connection', () => {
  const shared = new Rig(fault({ status: 503, share: 0.2 }));
  for (let number = 0; number < 1000; number += 1) {
    shared.ask(GET);
    if (shared.effects.length < number + 1 && shared.server.endsWith(GET)) shared.reply(OK);
    shared.server = '';
  }
  assert.ok(shared.effects.length > 160 && shared.effects.length < 240, `${shared.effects.length}`);
  const spared = new Rig(fault({ status: 503 }, 0));
  assert.equal(spared.ask(GET).server, GET);
});

test('a protocol change is left alone', () => {
  const upgrade = 'GET /ws HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n\x81\x05';
  const rig = new Rig();
  rig.ask(upgrade).reply(switching);
  rig.faults = [fault({ status: 503 })];
  rig.ask(GET).reply('\x00\x01');
  assert.equal(rig.server, upgrade + GET);
  assert.equal(rig.client, `${switching}\x00\x01`);
  const tunnel = new Rig(fault({ status: 503, method: 'GET' }));
  tunnel.ask('CONNECT x:443 HTTP/1.1\r\n\r\n').ask(GET);
  assert.match(tunnel.server, /^CONNECT .*GET/s);
});

test('broken framing passes as it is, on both sides', () => {
  const broken = 'POST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n';
  const asked = new Rig(fault({ status: 503, method: 'GET' }));
  asked.ask(broken).ask(GET);
  assert.equal(asked.server, broken + GET);
  const replied = new Rig();
  const nonsense = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nmore';
  replied.ask(GET).reply(nonsense).reply('!');
  assert.equal(replied.client, `${nonsense}!`);
});

test('ends pass, with what was undecided before them', () => {
  const rig = new Rig();
  rig.ask(GET.slice(0, 20));
  rig.tap.requests.end('fin');
  assert.equal(rig.server, `${GET.slice(0, 20)}<fin>`);
  rig.reply('HTTP/1.1 4');
  rig.tap.responses.end('reset');
  assert.equal(rig.client, 'HTTP/1.1 4<reset>');
  const delayed = new Rig(fault({ delay_ms: 100 }));
  delayed.ask(GET);
  delayed.tap.requests.end('fin');
  assert.equal(delayed.server, '');
  delayed.clock.advance(100);
  assert.equal(delayed.server, `${GET}<fin>`);
});

test('a response until close has no end but the end', () => {
  const rig = new Rig();
  rig.ask(GET).reply('HTTP/1.1 200 OK\r\n\r\nfirst ').reply(OK);
  rig.tap.responses.end('fin');
  assert.equal(rig.client, `HTTP/1.1 200 OK\r\n\r\nfirst ${OK}<fin>`);
});

test('a client that does not read gets no more of our answers until it does', () => {
  const rig = new Rig(fault({ status: 503 }));
  rig.clientHasRoom = false;
  rig.ask(GET.repeat(1000)).ask(GET.repeat(2000));
  assert.equal(rig.client, '');
  assert.equal(rig.tap.requests.accepts(), false);
  rig.clientHasRoom = true;
  rig.tap.requests.resume();
  assert.equal(rig.client.length, 3000 * UNAVAILABLE.length);
});

test('more pipelined requests than are followed wait for answers', () => {
  const rig = new Rig();
  rig.ask(GET.repeat(200));
  assert.equal(rig.server, GET.repeat(128));
  rig.reply(OK.repeat(100));
  assert.equal(rig.server, GET.repeat(200));
});

test('paths: prefix by segments, or glob', () => {
  const cases: readonly [string, string, boolean][] = [
    ['/quotes', '/quotes', true],
    ['/quotes', '/quotes/1', true],
    ['/quotes', '/quotesX', false],
    ['/quotes/', '/quotes/1', true],
    ['/', '/anything', true],
    ['/shipments/*', '/shipments/7', true],
    ['/shipments/*', '/shipments/7/tracking', false],
    ['/shipments/*/tracking', '/shipments/7/tracking', true],
    ['/shipments/**', '/shipments/7/tracking', true],
    ['*.json', '/a.json', false],
    ['**.json', '/a.json', true],
    ['/a.c', '/abc', false],
  ];
  for (const [pattern, path, matches] of cases) {
    assert.equal(pathPattern(pattern).test(path), matches, `${pattern} ${path}`);
  }
  const rig = new Rig(fault({ status: 503, path: '/a', method: 'get' }));
  rig.ask('GET http://x.test:80/a?b=/c HTTP/1.1\r\n\r\n');
  assert.equal(rig.client, UNAVAILABLE);
});

test('a body of the fault is sent, typed by how it begins', () => {
  const rig = new Rig(fault({ status: 429, body: '{"é":1}' }));
  assert.match(
    rig.ask(GET).client,
    /^HTTP\/1\.1 429 Too Many Requests\r\ncontent-type: application\/json\r\ncontent-length: 8\r\n/,
  );
});
