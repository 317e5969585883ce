/** Every toxic there is. A new one is a file beside this one and a line here. */
import { bandwidth } from '#chaos/proxy/core/toxics/bandwidth.ts';
import { byteFlip } from '#chaos/proxy/core/toxics/byte-flip.ts';
import { httpFault } from '#chaos/proxy/core/toxics/http-fault.ts';
import { latency } from '#chaos/proxy/core/toxics/latency.ts';
import { limitData } from '#chaos/proxy/core/toxics/limit-data.ts';
import { noop } from '#chaos/proxy/core/toxics/noop.ts';
import { resetPeer } from '#chaos/proxy/core/toxics/reset-peer.ts';
import { slicer } from '#chaos/proxy/core/toxics/slicer.ts';
import { slowClose } from '#chaos/proxy/core/toxics/slow-close.ts';
import { timeout } from '#chaos/proxy/core/toxics/timeout.ts';
import type { ToxicType } from '#chaos/proxy/core/toxics/toxic.ts';

export const TOXIC_TYPES: ReadonlyMap<string, ToxicType> = new Map(
  [latency, bandwidth, slowClose, timeout, resetPeer, slicer, limitData, noop, byteFlip, httpFault].map(
    (type): [string, ToxicType] => [type.type, type],
  ),
);
