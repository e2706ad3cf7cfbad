import { describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import type { Hardware } from './hardware.ts';
import { BATCHES, chooseWay, PATIENCE, type Plan, WAYS } from './ways.ts';

const GIB = 2 ** 30;
const gpu = (gib: number): Hardware => ({
  kind: 'gpu',
  name: 'a GPU',
  bytes: gib * GIB,
  usable: gib * GIB,
  isHere: true,
});

/** Bytes that fall from way to way, by 2 from batch to batch and by 1 with `recompute`; no time at all unless given. */
const estimate =
  (bytesOf: readonly number[], secondsOf: readonly number[] = [0, 0, 0]) =>
  async ({ way, batch, recompute }: Plan) => {
    const nth = BATCHES.gpu.indexOf(batch);
    const bytes = bytesOf[WAYS.indexOf(way)]! - 2 * nth - Number(recompute);
    return { bytes: bytes * GIB, seconds: secondsOf[nth]! };
  };

const SEVEN_B = [120, 24, 16, 12];

describe('chooseWay', () => {
  it.each([
    [140, 0, 0, false],
    [119, 0, 0, true],
    [118, 0, 1, false],
    [115, 0, 2, true],
    [114, 1, 0, false],
    [20, 1, 2, false],
    [16, 2, 0, false],
    [15, 2, 1, false],
    [11, 3, 1, false],
    [8, 3, 2, false],
  ])('with %s GiB takes way %s with batch %s, recompute %s', async (gib, way, batch, recompute) => {
    const chosen = await chooseWay(gpu(gib), estimate(SEVEN_B));
    expect([WAYS.indexOf(chosen.way), BATCHES.gpu.indexOf(chosen.batch)]).toEqual([way, batch]);
    expect(chosen.recompute).toBe(recompute);
    expect(chosen.tooLarge.map((one) => one.way)).toEqual(WAYS.slice(0, way));
  });

  it('takes a smaller batch where a larger one takes too long, and the smallest where all do', async () => {
    const limit = PATIENCE.gpu;
    const second = await chooseWay(gpu(140), estimate(SEVEN_B, [limit + 1, limit, 0]));
    expect(second.batch).toBe(BATCHES.gpu[1]);
    const last = await chooseWay(gpu(140), estimate(SEVEN_B, [limit + 1, limit + 1, limit + 1]));
    expect(last.batch).toBe(BATCHES.gpu[2]);
    expect(last.way).toBe(WAYS[0]);
  });

  it('says what the least would take where nothing fits', async () => {
    const failed = chooseWay(gpu(7), estimate(SEVEN_B));
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(/does not fit: of the 7\.0 GiB of a GPU .* 8\.0 GiB at the least/);
    const tiny = chooseWay(gpu(0.0001), estimate(SEVEN_B));
    await expect(tiny).rejects.toThrow(/of the 0\.1 MiB of a GPU/);
  });
});
