import { BlockList, isIP } from 'node:net';
import { OperationsError } from './operations.error.js';

/** An address of this machine that no other machine reaches. */
export interface LoopbackAddress {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** `<name>`, `<IPv4>` or `[<IPv6>]`, and perhaps a port. */
const AUTHORITY = /^(?:\[([^[\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/;

/** @throws OperationsError if the text is not a loopback address with a port */
export function parseLoopback(text: string): LoopbackAddress {
  const { host, port } = partsOf(text);
  const number = Number(port);
  if (host === undefined || !isLoopback(host) || port === undefined || number > 65_535) {
    throw new OperationsError(
      "OperationsModule.forRoot(): listen must be a loopback address with a port, such as '127.0.0.1:9464', '[::1]:9464' or " +
        "'localhost:9464'. To show the page at another address, pass guards instead",
    );
  }
  // /etc/hosts could make localhost another address.
  return { host: host.toLowerCase() === 'localhost' ? '127.0.0.1' : host, port: number };
}

/**
 * Whether a Host header names this machine. A page of another site can make its own name resolve to 127.0.0.1 (DNS
 * rebinding), but its requests still have that name in the header. The port may be another one, that of a tunnel.
 */
export function isLoopbackHost(header: string | undefined): boolean {
  const { host } = partsOf(header ?? '');
  return host !== undefined && isLoopback(host);
}

function partsOf(text: string): { readonly host: string | undefined; readonly port: string | undefined } {
  const [, address, name, port] = AUTHORITY.exec(text) ?? [];
  return { host: address === undefined || isIP(address) === 6 ? (address ?? name) : undefined, port };
}

function isLoopback(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return host.toLowerCase() === 'localhost';
  return LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4');
}
