/** Which requests go by a proxy, and how. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelNotFoundError, pull } from 'vectral';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { proxyOf } from '../../src/hub/proxy.js';
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
});
