/** One agent for each peer, and what its connections tell. */
import type { Agent } from 'node:http';
import type { AgentOptions as TlsOptions } from 'node:https';
import type { Evidence } from '../../src/membership/types.ts';
import type { Diagnostics } from '../../src/telemetry/diagnostics.ts';
import { createAgent } from './http-agent.ts';
import type { Address } from './transport.ts';

/**
 * A reset prompts a question; a server that closes after each answer would otherwise be asked
 * without end.
 */
const RESET_GAP_MS = 500;

export interface ConnectionsOptions {
  readonly tls: TlsOptions | undefined;
  readonly pausedMs: ((fromMs: number, toMs: number) => number) | undefined;
  readonly onEvidence: (peer: string, evidence: Evidence) => void;
  readonly diagnostics: Diagnostics;
}

interface Held {
  readonly agent: Agent;
  resetAtMs: number;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  /** By URL. */
  readonly #held = new Map<string, Held>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  agentOf(peer: Address): Agent {
    const held = this.#held.get(peer.url);
    if (held) return held.agent;
    const { diagnostics, tls } = this.#options;
    const events = {
      onConnect: (durationMs: number) => this.#connected(peer, durationMs),
      onReset: () => this.reset(peer),
    };
    const agent = createAgent(peer.url.startsWith('https:'), events, diagnostics, tls);
    this.#held.set(peer.url, { agent, resetAtMs: -Infinity });
    return agent;
  }

  reset({ name, url }: Address): void {
    const held = this.#held.get(url);
    const nowMs = performance.now();
    if (!held || nowMs - held.resetAtMs < RESET_GAP_MS) return;
    held.resetAtMs = nowMs;
    this.#options.onEvidence(name, { kind: 'reset' });
  }

  /** Closes the connections to all others. */
  keepOnly(urls: ReadonlySet<string>): void {
    for (const [url, { agent }] of this.#held) {
      if (urls.has(url)) continue;
      this.#held.delete(url);
      agent.destroy();
    }
  }

  #connected({ name }: Address, durationMs: number): void {
    const nowMs = performance.now();
    const pausedMs = this.#options.pausedMs?.(nowMs - durationMs, nowMs) ?? 0;
    if (pausedMs === 0) this.#options.onEvidence(name, { kind: 'connect', durationMs });
  }
}
