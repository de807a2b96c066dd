/** What carries messages between nodes, as the membership sees it. */
import type { Message } from '../../src/membership/message.ts';
import type { Evidence, Instant } from '../../src/membership/types.ts';

/** Where a peer is: `http://host:port/path`, `https://…` or `udp://host:port`. */
export interface Address {
  readonly name: string;
  readonly url: string;
}

/** When a message was read, by our own clocks. */
export interface Arrival extends Instant {
  /** The peer whose address it came from, if it is one of ours. Of a UDP sender, only claimed. */
  readonly peer?: string;
}

/** Why something from the network, or for it, was dropped. */
export type RefusalReason =
  /** More bytes than any message has. */
  | 'too-long'
  /** More than we take in a second. */
  | 'rate'
  /** Without a secret, only configured peers are listened to. */
  | 'stranger'
  /** Not one of our messages at all. */
  | 'foreign'
  /** It has a MAC and we have no secret. */
  | 'sealed'
  /** It has no MAC and we have a secret. */
  | 'unsealed'
  /** Another secret, or changed on its way. */
  | 'bad-mac'
  /** The MAC is good, but it is no message: another version, or out of range. */
  | 'undecodable'
  /** Of ours: longer than what carries it takes, or than its question. */
  | 'does-not-fit'
  /** Of ours: too many to this peer wait for their answer. */
  | 'outstanding'
  /** Of ours: the peer's name does not resolve. */
  | 'unresolved'
  /** Of ours: it could not be sent, or was answered with an HTTP error. */
  | 'failed';

export interface Refusal {
  readonly reason: RefusalReason;
  /** In words, for people. */
  readonly why: string;
  /** Name or address of the other side. */
  readonly from: string;
}

/** Who listens. All of them are called from sockets: what they throw goes to diagnostics. */
export interface TransportEvents {
  /** Returns the answer to a question. */
  onMessage(message: Message, arrival: Arrival): Message | undefined;
  onEvidence(peer: string, evidence: Evidence): void;
  onRefusal?(refusal: Refusal): void;
}

export interface Transport {
  /** All peers; those whose URL is another transport's are left to that. */
  setPeers(peers: readonly Address[]): void;
  /**
   * Sends a message, or counts why it could not. Never throws, never waits. `urgent`: in doubt,
   * by whatever tells most.
   */
  send(peer: Address, message: Message, urgent: boolean): void;
  /** How many were dropped, by reason. */
  readonly refusals: ReadonlyMap<RefusalReason, number>;
  stop(): Promise<void>;
}

/** This moment, by both clocks. */
export function now(): Instant {
  return { monoMs: performance.now(), wallMs: Date.now() };
}
