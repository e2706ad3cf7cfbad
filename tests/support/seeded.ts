/** @file Set up for unit tests: torch's random numbers are the same in each file, whatever ran before it in the process. */
import { manualSeed } from '../../src/torch/index.ts';

manualSeed(0);
