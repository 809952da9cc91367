/** Proxies as the usual variables name them. Node's own fetch does not look at them before Node 24. */
import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';

/** The proxy for a URL, or undefined: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, less what NO_PROXY names; in small letters too. */
export function proxyOf(url: URL, environment: NodeJS.ProcessEnv = process.env): URL | undefined {
  const variable = (name: string) => environment[name.toLowerCase()] || environment[name.toUpperCase()] || undefined;
  const proxy = variable(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy') ?? variable('all_proxy');
  if (proxy === undefined || excepted(url, variable('no_proxy') ?? '')) return undefined;
  return new URL(proxy.includes('://') ? proxy : `http://${proxy}`);
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

export function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80');
}

/** The header that tells a proxy who asks, from its URL. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A TLS connection to `url` through a proxy. */
export function tunnel(url: URL, proxy: URL, signal: AbortSignal | undefined): Promise<Duplex> {
  const target = `${url.hostname}:${portOf(url)}`;
  return new Promise((resolve, reject) => {
    const call = httpRequest({
      host: proxy.hostname,
      port: portOf(proxy),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyAuthorization(proxy) },
      ...(signal && { signal }),
    });
    call.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) {
        resolve(tlsConnect({ socket, servername: url.hostname }));
      } else {
        socket.destroy();
        reject(new Error(`the proxy ${proxy.host} answered ${statusCode} to CONNECT ${target}`));
      }
    });
    call.once('error', reject);
    call.end();
  });
}
