import { appendFileSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { Graded } from '../../evaluation/statistics/index.ts';
import { BatchStore } from './batch-store.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = path.join(mkdtempSync(path.join(tmpdir(), 'aha-batches-')), 'state');
  file = path.join(dir, 'batches.jsonl');
});

const graded = (text: string, correct: number | null = 1 / 3): Graded => ({
  promptId: 'chain/1',
  question: 'what is 1 + 2 ?\n',
  reference: null,
  correct,
  formatted: true,
  length: 3,
  finish: 'stop',
  answer: null,
  text,
});

const WAVES = [[graded('a'), graded('thé "end"\u2028', null)], [], [graded('c', 0.1 + 0.2)]];

async function filled(): Promise<BatchStore<Graded>> {
  const store = new BatchStore<Graded>(dir);
  for (const batch of WAVES) await store.add(batch);
  return new BatchStore<Graded>(dir);
}

it('gives back what was added, bit for bit', async () => {
  const store = await filled();
  expect(store.length).toBe(3);
  expect([0, 1, 2, 3].map((batch) => store.at(batch))).toEqual([...WAVES, undefined]);
});

it('drops what a kill tore off, and goes on behind the rest', async () => {
  await filled();
  truncateSync(file, readFileSync(file).length - 5);
  const store = new BatchStore<Graded>(dir);
  expect(store.length).toBe(2);
  await store.add([graded('again')]);
  await store.add([graded('more')]);
  const whole = new BatchStore<Graded>(dir);
  expect([2, 3].map((batch) => whole.at(batch)?.[0]?.text)).toEqual(['again', 'more']);
  expect(whole.length).toBe(4);
});

it('drops everything from an altered line on', async () => {
  await filled();
  const bytes = readFileSync(file);
  bytes[100]! ^= 1;
  writeFileSync(file, bytes);
  const store = new BatchStore<Graded>(dir);
  expect(store.length).toBe(0);
  await store.add(WAVES[2]!);
  expect(new BatchStore<Graded>(dir).at(0)).toEqual(WAVES[2]);
  expect(new BatchStore<Graded>(dir).length).toBe(1);
});

it('drops a line that has no end yet but its newline', async () => {
  await filled();
  truncateSync(file, readFileSync(file).length - 1);
  const store = new BatchStore<Graded>(dir);
  await store.add([graded('next')]);
  expect(new BatchStore<Graded>(dir).at(store.length)).toEqual([graded('next')]);
  appendFileSync(file, 'rubbish\n');
  expect(new BatchStore<Graded>(dir).length).toBe(store.length + 1);
});
