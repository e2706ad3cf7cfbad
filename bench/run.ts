/**
 * @file `npm run bench [-- name [argument…]…]`: all benchmarks that need nothing but this package, or those named,
 * each followed by its own arguments.
 */
import { UserError } from '../src/errors.ts';
import { balance } from './balance.ts';
import { budget } from './budget.ts';
import { checkpoint } from './checkpoint.ts';
import { collectives } from './collectives.ts';
import { digest } from './digest.ts';
import { gpu } from './gpu/gpu.ts';
import { growthPlots } from './gpu/growth-plots.ts';
import { profile } from './gpu/profile.ts';
import { trace } from './gpu/trace.ts';
import { leak } from './leak.ts';
import { load } from './load.ts';
import { paced } from './paced/paced.ts';
import { ranks } from './ranks.ts';
import { rollouts } from './rollout.ts';
import { rolloutServers } from './rollout-servers.ts';
import { speculation } from './speculation.ts';
import { speed } from './speed.ts';
import { throughput } from './throughput.ts';
import { verify } from './verify.ts';

type Benchmark = (...args: string[]) => void | Promise<void>;

const ALWAYS: Readonly<Record<string, Benchmark>> = { speed, leak, verify, throughput };
/** Half an hour long, of a model that was trained before or is named, of a change to this package, or for a GPU. */
const ON_REQUEST: Readonly<Record<string, Benchmark>> = {
  balance,
  budget,
  load,
  checkpoint,
  collectives,
  digest,
  paced,
  gpu,
  'growth-plots': growthPlots,
  trace,
  profile,
  ranks,
  rollout: rollouts,
  'rollout-servers': rolloutServers,
  speculation,
};
const BENCHMARKS = { ...ALWAYS, ...ON_REQUEST };

const asked: { readonly name: string; readonly args: string[] }[] = [];
for (const word of process.argv.slice(2)) {
  if (word in BENCHMARKS) asked.push({ name: word, args: [] });
  else if (asked.length > 0) asked.at(-1)!.args.push(word);
  else {
    console.error(`no benchmark "${word}"; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
    process.exit(2);
  }
}
const runs = asked.length > 0 ? asked : Object.keys(ALWAYS).map((name) => ({ name, args: [] }));
for (const { name, args } of runs) {
  console.log(`\n# ${name}`);
  try {
    await BENCHMARKS[name]!(...args);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exit(error.exitCode);
  }
}
