/** @file Loopback: addresses to bind to, and names a browser on it calls the server by. */
import { BlockList, isIP } from 'node:net';

/** ::1, which may be spelled otherwise. */
const LOOPBACK_V6 = new BlockList();
LOOPBACK_V6.addAddress('::1', 'ipv6');

/** Whether only this machine can reach a server bound to `host`. A name other than localhost is taken to be public. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  const version = isIP(host);
  if (version === 4) return host.startsWith('127.');
  return version === 6 && LOOPBACK_V6.check(host, 'ipv6');
}

/**
 * Whether a Host header names this machine. A page of some site whose name was made to resolve to 127.0.0.1 (DNS
 * rebinding) counts as the server's own origin for the browser; its Host header gives it away.
 */
export function isLocalHostHeader(host: string | undefined): boolean {
  const name = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d+)?$/i.exec(host ?? '')?.[1];
  return name !== undefined && isLoopback(name.replace(/^\[|\]$/g, ''));
}
