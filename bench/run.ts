/**
 * @file `npm run bench [-- name [argument…]…]`: all benchmarks that need nothing but this package, or those named,
 * each followed by its own arguments.
 */
import { budget } from './budget.ts';
import { digest } from './digest.ts';
import { leak } from './leak.ts';
import { load } from './load.ts';
import { speed } from './speed.ts';
import { throughput } from './throughput.ts';
import { verify } from './verify.ts';

type Benchmark = (...args: string[]) => void | Promise<void>;

const ALWAYS: Readonly<Record<string, Benchmark>> = { speed, leak, verify, throughput };
/** Half an hour long, of a model that was trained before, or of a change to this package. */
const ON_REQUEST: Readonly<Record<string, Benchmark>> = { budget, load, digest };
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
  await BENCHMARKS[name]!(...args);
}
