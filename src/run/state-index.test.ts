import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { sumFile } from './checksum.ts';
import { dropStates, newestState, nextSerial, pushState, readIndex, sumCompanions } from './state-index.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'state-index-'));
});

const state = (serial: number, ...names: string[]) => ({
  serial,
  steps: serial * 10,
  files: Object.fromEntries(names.map((name) => [name, { bytes: 1, sha256: 'x' }])),
});

it('lists states newest first, as many as are kept, and numbers the next one', async () => {
  expect(readIndex(dir, 'remedy')).toEqual([]);
  expect(nextSerial(dir)).toBe(1);
  for (const serial of [1, 2, 3]) await pushState(dir, state(serial, `state-${serial}.safetensors`), 2);
  expect(readIndex(dir, 'remedy').map(({ serial }) => serial)).toEqual([3, 2]);
  dropStates(dir, 1);
  expect(readIndex(dir, 'remedy')).toEqual([state(2, 'state-2.safetensors')]);
});

it('says what a copy of the newest state needs, and what of older ones it can lack', async () => {
  await pushState(dir, state(1, 'state-1.safetensors', 'shared.jsonl'), 2);
  await pushState(dir, state(2, 'state-2.safetensors', 'shared.jsonl'), 2);
  const { index, spare } = newestState(dir);
  expect(index).toMatchObject({ format: 1, states: [{ serial: 2 }] });
  expect(spare).toEqual(['state-1.safetensors']);
});

it('removes every file that no listed state has, and no folder', async () => {
  const write = (...names: string[]) => {
    for (const name of names) writeFileSync(join(dir, name), '');
  };
  write('state-1.safetensors', 'ahead-1.jsonl');
  mkdirSync(join(dir, 'tokenizer'));
  await pushState(dir, state(1, 'state-1.safetensors', 'ahead-1.jsonl'), 2);
  write('state-2.safetensors', 'ahead-2.jsonl', 'ahead-of-a-killed-process.jsonl', '.ahead-3.jsonl.0.tmp');
  await pushState(dir, state(2, 'state-2.safetensors', 'ahead-2.jsonl'), 2);
  const first = ['ahead-1.jsonl', 'state-1.safetensors'];
  const second = ['ahead-2.jsonl', 'state-2.safetensors'];
  expect(readdirSync(dir).sort()).toEqual([...first, ...second, 'state.json', 'tokenizer'].sort());
  write('state-3.safetensors');
  await pushState(dir, state(3, 'state-3.safetensors'), 2);
  expect(readdirSync(dir).sort()).toEqual(
    [...second, 'state-3.safetensors', 'state.json', 'tokenizer'].sort(),
  );
});

it.each(['', 'null', '[]', '{"format":2,"states":[]}', '{"format":1,"states":[{"serial":0}]}'])(
  'refuses the index %j',
  (text) => {
    writeFileSync(join(dir, 'state.json'), text);
    expect(() => readIndex(dir, 'the remedy')).toThrow(
      /state\.json is damaged, or of another version\n.*the remedy/,
    );
  },
);

it('finds the files that progress names at its top level', () => {
  writeFileSync(join(dir, 'ahead-4.jsonl'), 'abc');
  mkdirSync(join(dir, 'folder'));
  const sum = sumFile(join(dir, 'ahead-4.jsonl'));
  const progress = { step: 4, ahead: 'ahead-4.jsonl', a: 'folder', b: '..', c: 'none', d: ['ahead-4.jsonl'] };
  expect(sumCompanions(dir, progress)).toEqual({ 'ahead-4.jsonl': sum });
  expect(sumCompanions(dir, null)).toEqual({});
  expect(sumCompanions(dir, [3])).toEqual({});
  expect(readFileSync(join(dir, 'ahead-4.jsonl'), 'utf8')).toBe('abc');
});
