/**
 * The windows of all routes as text, and back.
 *
 * First line: `tardy-state`, format version, checksum and length of the rest; then JSON. Instants
 * are ages, for monotonic clocks start anew with every process.
 */
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { TardyError } from '../errors.ts';
import { Counts } from '../histogram/counts.ts';
import { BUCKET_COUNT } from '../histogram/layout.ts';
import { unpackInto } from '../histogram/packed-counts.ts';
import type { Slice } from '../histogram/rolling-histogram.ts';
import { peerName } from '../peers/origin.ts';
import type { PeerTable } from '../peers/peer-table.ts';
import { OTHER } from '../peers/route-series.ts';

const MAGIC = 'tardy-state';
const VERSION = 1;

const sliceSchema = z.strictObject({
  /** Age of the slice's end at the time of writing; below 0 while it is open. */
  ageMs: z.number(),
  counts: z.base64(),
});

const snapshotSchema = z.strictObject({
  /** Wall time of writing, so that a reader knows how long ago it was. */
  writtenAtWallMs: z.number().int().nonnegative(),
  routes: z.array(
    z.strictObject({
      origin: z.string().max(512),
      route: z.string().max(512),
      slices: z.array(sliceSchema).max(64),
    }),
  ),
});

export type Snapshot = z.infer<typeof snapshotSchema>;

export function takeSnapshot(table: PeerTable, nowMs: number, wallMs: number): Snapshot {
  const peers = [...table.peers.values()].filter((peer) => peer.name === peerName(peer));
  const routes = peers.flatMap((peer) =>
    [...peer.routes.values()]
      .filter((route) => route.name !== OTHER)
      .map((route) => ({
        origin: `http://${peer.host}:${peer.port}`,
        route: route.name,
        slices: route.estimator.slices().map(({ endMs, packed }) => ({
          ageMs: nowMs - endMs,
          counts: Buffer.from(packed).toString('base64'),
        })),
      })),
  );
  return { writtenAtWallMs: Math.floor(wallMs), routes };
}

/**
 * Puts a snapshot's windows back. The time since it was written is taken from the wall clock, the
 * only one both processes share; a clock that went backwards counts as no time. Returns how many
 * routes still had something in their window.
 */
export function restoreSnapshot(
  table: PeerTable,
  snapshot: Snapshot,
  nowMs: number,
  wallMs: number,
): number {
  const goneMs = Math.max(0, wallMs - snapshot.writtenAtWallMs);
  let restored = 0;
  for (const { origin, route, slices } of snapshot.routes) {
    const peer = table.byOrigin(origin, nowMs);
    if (!peer) continue;
    const { estimator } = table.namedRoute(peer, route, nowMs);
    const alive = slices
      .map(({ ageMs, counts }) => sliceOf(nowMs - ageMs - goneMs, Buffer.from(counts, 'base64')))
      .filter((slice) => slice.endMs > nowMs - estimator.settings.windowMs);
    estimator.merge(alive);
    if (alive.length > 0) restored++;
  }
  return restored;
}

export function encodeSnapshot(snapshot: Snapshot): string {
  const body = JSON.stringify(snapshot);
  return `${MAGIC} ${VERSION} ${checksum(body)} ${Buffer.byteLength(body)}\n${body}`;
}

/** Throws ERR_TARDY_STATE that says what is wrong with the text. */
export function decodeSnapshot(text: string): Snapshot {
  const end = text.indexOf('\n');
  const [magic, version, crc, length] = text.slice(0, Math.max(0, end)).split(' ');
  if (magic !== MAGIC) throw stateError('is no state file of tardy');
  if (version !== String(VERSION))
    throw stateError(`has format ${version}, this tardy reads ${VERSION}`);
  const body = text.slice(end + 1);
  if (String(Buffer.byteLength(body)) !== length) throw stateError('is cut off or has grown');
  if (checksum(body) !== crc) throw stateError('is damaged: its checksum is wrong');
  const parsed = snapshotSchema.safeParse(JSON.parse(body));
  if (!parsed.success) throw stateError(`does not make sense: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** One slice from its packed counts; damaged ones count as empty. */
function sliceOf(endMs: number, packed: Uint8Array): Slice {
  const counts = new Counts();
  if (!unpackInto(packed, counts.all))
    return { endMs, packed: new Uint8Array(0), completed: 0, censored: 0 };
  const total = (from: number, to: number) =>
    counts.all.subarray(from, to).reduce((sum, count) => sum + count, 0);
  const completed = total(0, BUCKET_COUNT);
  return { endMs, packed, completed, censored: total(BUCKET_COUNT, 2 * BUCKET_COUNT) };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

function stateError(message: string): TardyError {
  return new TardyError('ERR_TARDY_STATE', message);
}
