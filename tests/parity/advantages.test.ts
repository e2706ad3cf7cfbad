/** @file Group advantages against verl's, computed in float64 (reference file `rl-losses.json`). */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ADVANTAGES, type AdvantageName } from '../../src/advantage/index.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = resolve(root, process.env.AHA_REFERENCE ?? '../shared/reference');
const available = existsSync(folder);

interface Reference {
  readonly inputs: { rewards: number[]; group: number[]; mask: number[][] };
  readonly advantages: { readonly [name: string]: number[][] };
}

const title = available
  ? 'advantages against verl'
  : `advantages against verl (skipped: no folder ${folder})`;

describe.skipIf(!available)(title, () => {
  it.each(Object.keys(ADVANTAGES) as AdvantageName[])('%s', (name) => {
    const { inputs, advantages } = JSON.parse(
      readFileSync(resolve(folder, 'rl-losses.json'), 'utf8'),
    ) as Reference;
    const ours = ADVANTAGES[name](inputs.rewards, inputs.group);
    const theirs = advantages[name]!;
    expect(ours).toHaveLength(theirs.length);
    for (const [i, row] of theirs.entries()) {
      for (const [t, expected] of row.entries()) {
        expect(Math.abs(ours[i]! * inputs.mask[i]![t]! - expected)).toBeLessThan(1e-9);
      }
    }
  });
});
