/** @file The program of a rank: does the named works with the others and leaves what they gave. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { serialize } from 'node:v8';
import { openRanks } from '../../src/torch/index.ts';
import { WORKS, type WorkName } from './works.ts';

const [names, dir] = process.argv.slice(2);
const { ranks } = openRanks('cpu', { timeoutMs: 120_000 });
const results: Record<string, unknown> = {};
for (const name of names!.split(',')) results[name] = await WORKS[name as WorkName](ranks, ranks.size);
writeFileSync(path.join(dir!, `rank-${ranks.rank}`), serialize(results));
