/** @file Answers a second that the verifier of mathematics checks: the easy ones here, the others by the engine. */

import { closeEngines, verifyFast, verifyMath } from '../src/grading/verify/index.ts';
import { pairs } from '../tests/verify/pairs.ts';

const SECONDS = 3;

const GROUPS: Readonly<Record<string, readonly (readonly [reference: string, response: string])[]>> = {
  'a whole number in a box': [['42', 'So the answer is $\\boxed{42}$.']],
  'a fraction and a decimal': [['\\frac{1}{2}', '0.5']],
  'two polynomials': [['x^2+2x+1', '(x+1)^2']],
  'two roots': [['2\\sqrt{2}', '\\sqrt{8}']],
  'two sets': [['\\{1,2,3\\}', '\\{3,2,1\\}']],
  'all pairs of the tests but the engine’s': pairs
    .filter(({ reference, response }) => verifyFast(reference, response).verdict !== undefined)
    .map(({ reference, response }) => [reference, response] as const),
};

/** Checks a second of one thread: by the time of the CPU, so that other work on the machine does not count. */
function rate(group: readonly (readonly [string, string])[]): number {
  for (const [reference, response] of group) verifyFast(reference, response);
  const start = process.cpuUsage();
  let checks = 0;
  let used = 0;
  while (used < SECONDS * 1e6) {
    for (const [reference, response] of group) verifyFast(reference, response);
    checks += group.length;
    const { user, system } = process.cpuUsage(start);
    used = user + system;
  }
  return checks / (used / 1e6);
}

export async function verify(): Promise<void> {
  for (const [name, group] of Object.entries(GROUPS)) {
    console.log(`${name}: ${Math.round(rate(group)).toLocaleString('en')} checks/s`);
  }
  await verifyMath('\\sum_{k=1}^{2} k', '3');
  const start = performance.now();
  for (let n = 3; n < 103; n += 1) await verifyMath(`\\sum_{k=1}^{${n}} k`, `${(n * (n + 1)) / 2}`);
  console.log(`a sum by the engine: ${((performance.now() - start) / 100).toFixed(1)} ms a check`);
  closeEngines();
}
