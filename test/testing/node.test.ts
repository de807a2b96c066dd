import { describe, expect, it } from 'vitest';
import { type Message, NO_NONCE } from '../../src/membership/message.ts';
import { SimNode, type SimulatedMembership } from '../../src/testing/node.ts';
import { NodeClock } from '../../src/testing/node-clock.ts';
import { VirtualTime } from '../../src/testing/virtual-time.ts';

const MESSAGE: Message = {
  ...{ kind: 'question', from: 'peer', to: '', bootId: '1', seq: 1, nonce: '1', echo: NO_NONCE },
  ...{ sentAtMs: 0, sentAtWallMs: 0, pausedMs: 0, progress: 0, digest: 0 },
  ...{ opinions: [], asks: [], extensions: [] },
};

/** A membership that ticks every second and says what it is told. */
function nodeWith({ stallGate = true, bufferMessages = 256 } = {}) {
  const time = new VirtualTime();
  const clock = new NodeClock({ zeroMs: 1000, driftPpm: 0, wallOffsetMs: 0 });
  const told: string[] = [];
  let nextMs = 1000;
  const membership: SimulatedMembership = {
    setMembers: (names) => void told.push(`members ${names.join(' ')}`),
    receive: (_, { monoMs }) => {
      told.push(`message ${monoMs - 1000}`);
      return MESSAGE;
    },
    evidence: (peer, { kind }) => void told.push(`${kind} ${peer}`),
    localPause: (fromMs, toMs) => void told.push(`pause ${fromMs - 1000}-${toMs - 1000}`),
    tick: ({ monoMs }) => {
      told.push(`tick ${Math.floor((monoMs - 1000) / 10) * 10}`);
      nextMs = monoMs + 1000;
    },
    nextTickMs: () => nextMs,
    farewell: (reason) => void told.push(reason),
    peers: () => [],
  };
  const node = new SimNode({
    ...{ index: 0, name: 'node', time, clock, stallGate, bufferMessages },
    ...{ tickLatenessMs: 1, random: () => 0.5 },
  });
  const answered: number[] = [];
  const nothing = () => undefined;
  const birth = { self: 'node', bootId: 'a', random: () => 0, send: nothing, emit: nothing };
  node.start(() => membership, birth);
  node.setMembers(['node', 'peer']);
  return {
    ...{ time, node, told, answered },
    ask: () => node.receive(MESSAGE, () => void answered.push(time.nowMs)),
  };
}

describe('a simulated node', () => {
  it('ticks when its membership wants it, a little late, by its own clock', () => {
    const { time, told } = nodeWith();
    time.runUntil(2500);
    expect(told).toEqual(['members node peer', 'tick 0', 'tick 1000', 'tick 2000']);
  });

  it('answers what it receives', () => {
    const { time, ask, answered } = nodeWith();
    time.runUntil(300);
    ask();
    expect(answered).toEqual([300]);
  });

  it('neither ticks nor reads while it is paused, then is told, drains and judges', () => {
    const { time, node, told, ask, answered } = nodeWith();
    time.runUntil(500);
    told.length = 0;
    node.pause();
    time.runUntil(3500);
    ask();
    node.refusedBy('peer');
    node.refusedBy('stranger');
    expect(told).toEqual([]);
    expect(answered).toEqual([]);
    time.runUntil(5500);
    node.resume();
    expect(told).toEqual(['pause 500-5500', 'message 5500', 'refused peer', 'tick 5500']);
    expect(answered).toEqual([5500]);
    expect(node.lastPause).toEqual({ fromMs: 500, toMs: 5500 });
    time.runUntil(6600);
    expect(told.at(-1)).toBe('tick 6500');
  });

  it('with the gate off judges first and is not told', () => {
    const { time, node, told, ask } = nodeWith({ stallGate: false });
    time.runUntil(500);
    told.length = 0;
    node.pause();
    ask();
    time.runUntil(5500);
    node.resume();
    expect(told).toEqual(['tick 5500', 'message 5500']);
  });

  it('loses what does not fit in its socket buffer', () => {
    const { time, node, told, ask } = nodeWith({ bufferMessages: 3 });
    time.runUntil(500);
    node.pause();
    for (let i = 0; i < 10; i++) ask();
    node.resume();
    expect(told.filter((what) => what.startsWith('message'))).toHaveLength(3);
  });

  it('is stable since its start or its last pause, and while it is down never', () => {
    const { time, node } = nodeWith();
    expect(node.stableSinceMs).toBe(0);
    time.runUntil(100);
    node.pause();
    expect(node.stableSinceMs).toBe(Infinity);
    time.runUntil(200);
    node.resume();
    expect(node.stableSinceMs).toBe(200);
    node.farewell('goodbye');
    node.stop(true);
    expect(node).toMatchObject({ stableSinceMs: Infinity, saidGoodbye: true, phase: 'down' });
    node.resume();
    expect(node.phase).toBe('down');
  });
});
