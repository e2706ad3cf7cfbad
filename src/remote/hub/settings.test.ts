import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hubSettings } from './settings.ts';

it('has the defaults of huggingface_hub', () => {
  expect(hubSettings({ HOME: '/home/me' })).toEqual({
    endpoint: 'https://huggingface.co',
    cache: '/home/me/.cache/huggingface/hub',
    token: null,
    offline: false,
  });
});

it('looks for the cache in the same order', () => {
  const cache = (env: NodeJS.ProcessEnv) => hubSettings({ HOME: '/home/me', DISK: '/disk', ...env }).cache;
  expect(cache({ XDG_CACHE_HOME: '/x' })).toBe('/x/huggingface/hub');
  expect(cache({ XDG_CACHE_HOME: '/x', HF_HOME: '~/hf' })).toBe('/home/me/hf/hub');
  expect(cache({ HF_HOME: '$DISK/hf' })).toBe('/disk/hf/hub');
  expect(cache({ HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old' })).toBe('/old');
  expect(cache({ HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old', HF_HUB_CACHE: '/new' })).toBe('/new');
});

it('takes the token of the environment, else the one that was logged in with', () => {
  const home = mkdtempSync(join(tmpdir(), 'hub-'));
  writeFileSync(join(home, 'token'), 'hf_file\n');
  const token = (env: NodeJS.ProcessEnv) => hubSettings({ HF_HOME: home, ...env }).token;
  expect(token({})).toBe('hf_file');
  expect(token({ HF_TOKEN: ' hf_given\n' })).toBe('hf_given');
  expect(token({ HF_TOKEN: '' })).toBe('hf_file');
  expect(token({ HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).toBeNull();
});

it('knows offline by any of the words for true', () => {
  const offline = (value: string) => hubSettings({ HF_HUB_OFFLINE: value }).offline;
  expect(['1', 'true', 'ON', 'yes', '0', '', 'no'].map(offline)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

it('refuses an endpoint that is no address', () => {
  expect(hubSettings({ HF_ENDPOINT: 'https://hf-mirror.com/' }).endpoint).toBe('https://hf-mirror.com');
  expect(() => hubSettings({ HF_ENDPOINT: 'hf-mirror.com' })).toThrow(/HF_ENDPOINT: "hf-mirror.com" is no/);
});
