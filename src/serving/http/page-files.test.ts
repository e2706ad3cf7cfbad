import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { testApp } from './testing.ts';

let root: string;
let pageDir: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'aha-page-'));
  pageDir = join(root, 'page');
  mkdirSync(join(pageDir, 'fonts'), { recursive: true });
  writeFileSync(join(root, 'secret.txt'), 'TOP-SECRET');
  writeFileSync(join(pageDir, 'index.html'), '<!doctype html>');
  writeFileSync(join(pageDir, 'app-1a2b3c4d.js'), 'export {};');
  writeFileSync(join(pageDir, 'fonts', 'KaTeX_Main-Regular.woff2'), 'font');
  writeFileSync(join(pageDir, '.env'), 'TOP-SECRET');
  writeFileSync(join(pageDir, 'run.sh'), 'TOP-SECRET');
  symlinkSync(join(root, 'secret.txt'), join(pageDir, 'link.txt'));
});
afterAll(() => rmSync(root, { recursive: true }));

const get = (path: string, headers: Record<string, string> = {}) =>
  testApp([], { pageDir }).app.request(path, { headers });

describe('the chat page', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', 'no-cache'],
    ['/index.html', 'text/html; charset=utf-8', 'no-cache'],
    ['/app-1a2b3c4d.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/fonts/KaTeX_Main-Regular.woff2', 'font/woff2', 'no-cache'],
  ])('%s is %s, kept %s', async (path, type, cache) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('cache-control')).toBe(cache);
    const policy = response.headers.get('content-security-policy')!;
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/unsafe|http|data:|\*/);
  });

  it('is not sent again to who has it', async () => {
    const etag = (await get('/')).headers.get('etag')!;
    const again = await get('/', { 'if-none-match': etag });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  it.each([
    '/.env',
    '/run.sh',
    '/link.txt',
    '/fonts',
    '/fonts/',
    '/nothing.js',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
  ])('%s is 404 in JSON', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toHaveProperty('error.message');
  });

  it('leaves the API its routes', async () => {
    expect((await get('/v1/models')).headers.get('content-security-policy')).toBe(null);
    expect((await testApp([], { pageDir }).app.request('/', { method: 'POST' })).status).toBe(405);
  });

  it('is not there without a directory, and a missing directory says so', async () => {
    expect((await testApp().app.request('/')).status).toBe(404);
    expect(() => testApp([], { pageDir: join(root, 'none') })).toThrow(UserError);
  });

  it.each([
    '/../secret.txt',
    '/fonts/../../secret.txt',
    '//etc/passwd',
    '/..\\secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/\0',
  ])('a raw request for %j gets nothing', async (path) => {
    const listener = getRequestListener(testApp([], { pageDir }).app.fetch, { overrideGlobalObjects: false });
    const server: Server = createServer((request, response) => void listener(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.end(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    let text = '';
    for await (const data of socket.setEncoding('utf8')) text += data as string;
    expect(text).toMatch(/^HTTP\/1\.1 40[04]/);
    expect(text).not.toContain('TOP-SECRET');
    server.close();
  });
});
