/**
 * @file Every command of docs/how-r1-works.md and docs/one-step.md does what the page shows.
 *
 * Blocks marked long run with AHA_LONG=1 only. UPDATE_DOCS=1 writes what the commands put out now into the pages, for
 * the steps that no longer agree; elide again what depends on the machine.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG } from '../support/long.ts';
import { agrees, Console, consoleBlocks, withOutputs } from './console-page.ts';

const UPDATE = process.env.UPDATE_DOCS === '1';
const BLOCK_TIMEOUT = 300_000;

describe.each(['docs/how-r1-works.md', 'docs/one-step.md'])('%s', (name) => {
  const file = path.resolve(import.meta.dirname, '../..', name);
  const page = readFileSync(file, 'utf8');
  const blocks = consoleBlocks(page);
  const outputs: (string[] | undefined)[] = blocks.map(() => undefined);
  const runs = mkdtempSync(path.join(tmpdir(), 'aha-page-'));
  let console: Console;

  beforeAll(async () => {
    console = await Console.open(runs);
  });
  afterAll(() => {
    rmSync(runs, { recursive: true, force: true });
    if (UPDATE) writeFileSync(file, withOutputs(page, outputs));
  });

  it('has commands', () => {
    expect(blocks.length).toBeGreaterThan(0);
  });

  for (const [k, block] of blocks.entries()) {
    it.runIf(LONG || !block.isLong)(
      block.section,
      async () => {
        const actual = await console.run(block);
        const shown = block.steps.map(({ expected }) => expected);
        outputs[k] = actual.map((text, i) => (agrees(shown[i]!, text) ? shown[i]! : text));
        if (!UPDATE) expect(outputs[k]).toEqual(shown);
      },
      BLOCK_TIMEOUT,
    );
  }
});
