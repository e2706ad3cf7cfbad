/**
 * @file Sizes in a config.json, with limits far above any model there is: a typing error beyond them would be built layer by
 * layer, or expert by expert, until memory ends.
 */
import { z } from 'zod';

/** A number of things, 1 at least. */
export const count = z.number().int().positive();

export const layerCount = count.max(1024);

/** Of a layer: Kimi K2 has 384. */
export const MAX_EXPERTS = 4096;

export const expertCount = count.max(MAX_EXPERTS);

/** Width of a weight, or a number of heads. */
export const width = count.max(2 ** 24);
