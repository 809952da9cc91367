/** Proxies as the usual variables name them. Node's own fetch does not look at them before Node 24. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { UsageError } from '../errors.js';

/** The proxy for a URL, or undefined: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, less what NO_PROXY names; in small letters too. */
export function proxyOf(url: URL, environment: NodeJS.ProcessEnv = process.env): URL | undefined {
  const variable = (name: string) => environment[name.toLowerCase()] || environment[name.toUpperCase()] || undefined;
  const proxy = variable(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy') ?? variable('all_proxy');
  if (proxy === undefined || excepted(url, variable('no_proxy') ?? '')) return undefined;
  const address = proxy.includes('://') ? proxy : `http://${proxy}`;
  const parsed = URL.canParse(address) ? new URL(address) : undefined;
  if (parsed && ['http:', 'https:'].includes(parsed.protocol)) return parsed;
  // not shown: it may hold a password
  throw new UsageError(`the proxy for ${url.host} must be a URL that begins with http:// or https://; see HTTPS_PROXY`);
}

/** NO_PROXY: hosts with commas between, each meaning itself and what is below it, maybe with a port; `*` is all. */
function excepted(url: URL, list: string): boolean {
  return list.split(',').some((word) => {
    const entry = word.trim().toLowerCase();
    if (entry === '*') return true;
    const [, host = '', port = ''] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
    if (host === '' || (port !== '' && port !== portOf(url))) return false;
    return url.hostname === host || url.hostname.endsWith(`.${host}`);
  });
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80');
}

/** Where to connect to, as `http.request` takes it: IPv6 without its brackets. */
export function addressOf(url: URL): { host: string; port: string } {
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: portOf(url) };
}

/** The header that tells a proxy who asks, from its URL. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A TLS connection to `url` through a proxy, which has `timeout` ms to answer. */
export function tunnel(url: URL, proxy: URL, timeout: number, signal: AbortSignal | undefined): Promise<Duplex> {
  const target = `${url.hostname}:${portOf(url)}`;
  const { host } = addressOf(url);
  return new Promise((resolve, reject) => {
    const call = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
      ...addressOf(proxy),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyAuthorization(proxy) },
      agent: false,
      timeout,
      ...(signal && { signal }),
    });
    call.once('connect', ({ statusCode }, socket) => {
      socket.setTimeout(0);
      if (statusCode === 200) {
        // a name is what the certificate is asked for; an address cannot be
        resolve(tlsConnect({ socket, host, ...(isIP(host) === 0 && { servername: host }) }));
      } else {
        socket.destroy();
        reject(new Error(`the proxy ${proxy.host} answered ${statusCode} to CONNECT ${target}`));
      }
    });
    call.once('timeout', () => call.destroy(new Error(`the proxy ${proxy.host} did not answer`)));
    call.once('error', reject);
    call.end();
  });
}
