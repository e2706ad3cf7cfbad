/** @file Set up for `npm run test:long`: property tests that name no number of runs of their own take many. */
import fc from 'fast-check';

fc.configureGlobal({ numRuns: 2_000 });
