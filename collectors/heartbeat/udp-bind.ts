import { createSocket, type Socket, type SocketType } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { TardyError } from '../../src/errors.ts';

/** What a machine without IPv6 says. */
const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']);

/**
 * A bound socket that does not keep the process alive: for both families where no host is given
 * and the machine has both. Rejects with ERR_TARDY_CONFIG.
 */
export async function bindUdp(port: number, host?: string): Promise<Socket> {
  try {
    if (host !== undefined) return await bind(isIPv4(host) ? 'udp4' : 'udp6', port, host);
    return await bind('udp6', port, '::').catch((error: unknown) => {
      if (NO_IPV6.has((error as NodeJS.ErrnoException).code ?? '')) {
        return bind('udp4', port, '0.0.0.0');
      }
      throw error;
    });
  } catch (cause) {
    const { message } = cause as Error;
    throw new TardyError(
      'ERR_TARDY_CONFIG',
      `heartbeats cannot use UDP port ${port}${host === undefined ? '' : ` on ${host}`}: ${message}`,
      { cause },
    );
  }
}

/**
 * All that is sent goes to addresses, so nothing is looked up; and what is sent in the last moment
 * of a process leaves at once, for there is no turn of the loop left.
 */
export function openSocket(type: SocketType): Socket {
  return createSocket({
    type,
    lookup: (address, _options, callback) => callback(null, address, isIPv4(address) ? 4 : 6),
  });
}

function bind(type: SocketType, port: number, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(type);
    const fail = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', fail);
    // Exclusive: workers of a cluster that shared one port would each hear some of the answers.
    socket.bind({ port, address: host, exclusive: true }, () => {
      socket.off('error', fail);
      socket.unref();
      resolve(socket);
    });
  });
}
