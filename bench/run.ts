/** @file `npm run bench [-- name…]`: all benchmarks, or those named. */
import { leak } from './leak.ts';
import { speed } from './speed.ts';
import { verify } from './verify.ts';

const BENCHMARKS: Readonly<Record<string, () => void | Promise<void>>> = { speed, leak, verify };

const names = process.argv.slice(2);
const unknown = names.find((name) => !(name in BENCHMARKS));
if (unknown !== undefined) {
  console.error(`no benchmark "${unknown}"; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exit(2);
}
for (const name of names.length > 0 ? names : Object.keys(BENCHMARKS)) {
  console.log(`\n# ${name}`);
  await BENCHMARKS[name]!();
}
