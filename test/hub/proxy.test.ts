/** Which requests go by a proxy, and how. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { ModelNotFoundError, pull, UsageError } from 'vectral';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { proxyOf } from '../../src/hub/proxy.js';
import { testPath } from '../reference/expected.js';
import { makeCertificate } from './certificate.js';
import { unset } from './environment.js';
import { MockHub } from './mock-hub.js';

describe('proxyOf', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['https://a.org/x', {}, undefined],
    ['https://a.org/x', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['https://a.org/x', { https_proxy: 'p:1' }, 'http://p:1/'],
    ['https://a.org/x', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['http://a.org/x', { HTTP_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['http://a.org/x', { ALL_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['https://a.org/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
    ['https://a.org/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'b.org, a.org' }, undefined],
    ['https://a.org/x', { HTTPS_PROXY: 'http://p:1', no_proxy: '.a.org' }, undefined],
    ['https://c.a.org/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.org' }, undefined],
    ['https://ca.org/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.org' }, 'http://p:1/'],
    ['https://a.org/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.org:443' }, undefined],
    ['https://a.org/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.org:80' }, 'http://p:1/'],
    ['https://a.org/x', { HTTPS_PROXY: '', ALL_PROXY: '' }, undefined],
  ])('%s with %j: %s', (url, environment, proxy) => {
    expect(proxyOf(new URL(url), environment)?.href).toBe(proxy);
  });
});

describe('a pull', () => {
  let restore: () => void;
  let hub: MockHub;
  let cache: string;
  beforeEach(async () => {
    restore = unset([
      'HF_ENDPOINT',
      'HF_HUB_CACHE',
      'HF_HUB_OFFLINE',
      'HTTP_PROXY',
      'HTTPS_PROXY',
      'http_proxy',
      'https_proxy',
      'NO_PROXY',
      'no_proxy',
      'VECTRAL_HUB_RETRY_MS',
    ]);
    cache = mkdtempSync(join(tmpdir(), 'vectral-proxy-'));
    hub = await MockHub.start({ 'config.json': '{}', 'model.safetensors': 'x' });
    Object.assign(process.env, { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, VECTRAL_HUB_RETRY_MS: '1' });
  });
  afterEach(async () => {
    await hub.stop();
    rmSync(cache, { recursive: true });
    restore();
  });

  it('asks a proxy instead of the hub, unless NO_PROXY names it', async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    });
    proxy.on('connect', (request, socket) => {
      asked.push(`CONNECT ${request.url}`);
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    try {
      process.env.HTTP_PROXY = `http://me:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      await expect(pull('org/model')).rejects.toThrow(ModelNotFoundError);
      expect(asked[0]).toBe(`${hub.endpoint}/api/models/org/model/revision/main?blobs=true Basic ${btoa('me:secret')}`);
      process.env.HTTPS_PROXY = process.env.HTTP_PROXY;
      process.env.HF_ENDPOINT = 'https://hub.example';
      await expect(pull('org/model')).rejects.toThrow(/the proxy .* answered 407 to CONNECT hub\.example:443/);
      process.env.HF_ENDPOINT = hub.endpoint;
      process.env.NO_PROXY = 'example.org, 127.0.0.1, localhost';
      const count = asked.length;
      await pull('org/model');
      expect(asked.length).toBe(count);
    } finally {
      delete process.env.HTTPS_PROXY;
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it.each(['http', 'https'])('goes through a proxy that speaks %s to hosts that speak https', async (protocol) => {
    const certificate = makeCertificate(['hub.example', 'cdn.example', 'localhost']);
    const certificateFile = join(cache, 'cert.pem');
    writeFileSync(certificateFile, certificate.cert);
    hub.cdn = 'https://cdn.example';
    const hosts = Object.entries({ 'hub.example:443': hub.ports.hub, 'cdn.example:443': hub.ports.cdn });
    const secure = new Map(
      hosts.map(([name, port]) => [name, createTlsServer(certificate, (socket) => joined(socket, connect(port)))]),
    );
    const proxy = protocol === 'http' ? createServer() : createHttpsServer(certificate);
    const asked: string[] = [];
    proxy.on('connect', (request, socket: Duplex) => {
      asked.push(request.url!);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      joined(socket, connect((secure.get(request.url!)!.address() as AddressInfo).port));
    });
    const servers = [proxy, ...secure.values()];
    for (const server of servers) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const env = {
        ...process.env,
        HF_ENDPOINT: 'https://hub.example',
        HF_TOKEN: 'secret',
        HTTPS_PROXY: `${protocol}://localhost:${(proxy.address() as AddressInfo).port}`,
        NODE_EXTRA_CA_CERTS: certificateFile,
      };
      const main = testPath('..', 'dist', 'esm', 'cli', 'main.js');
      const { stdout } = await promisify(execFile)(process.execPath, [main, 'pull', 'org/model'], { env });
      expect(readFileSync(join(stdout.trim(), 'model.safetensors'), 'utf8')).toBe('x');
      expect(new Set(asked)).toEqual(new Set(['hub.example:443', 'cdn.example:443']));
      for (const { host, authorization } of hub.seen) {
        expect(authorization).toBe(host === 'hub' ? 'Bearer secret' : undefined);
      }
      // and believes no one whose certificate nobody signed
      const unsigned = { env: { ...env, NODE_EXTRA_CA_CERTS: '' } };
      const refused = promisify(execFile)(process.execPath, [main, 'pull', 'org/model@main'], unsigned);
      await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining('self-signed certificate') });
    } finally {
      for (const server of servers) server.close();
    }
  });

  it.each(['socks5://me:secret@p:1', 'http://'])('is refused with the proxy %s', async (proxy) => {
    process.env.HTTP_PROXY = proxy;
    const error = await pull('org/model').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(/the proxy for 127\.0\.0\.1:\d+ must be a URL/);
    expect((error as Error).message).not.toContain('secret');
  });
});

function joined(a: Duplex, b: Duplex): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.pipe(to).on('error', () => from.destroy());
  }
}
