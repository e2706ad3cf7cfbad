/**
 * What autograd keeps of a pass, and what its backward takes on top, measured as resident memory of this process: a program of its
 * own, so that the memory is that of tensors. It needs MALLOC_MMAP_THRESHOLD_=16384 in its environment, with which glibc
 * gives freed tensors back to the system at once.
 *
 *   node --import tsx kept-memory.ts <JSON: configurations of models> <rows> <tokens of a row>
 *
 * Prints JSON: for each configuration the bytes kept after the forward pass, and at the peak of the backward pass.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { initModel, parseConfig } from '../../src/models/index.ts';
import { indices, returnFreedMemory, scope, setThreads, type Tensor } from '../../src/torch/index.ts';

/** A line of /proc/self/status, bytes. */
function status(key: string): number {
  const found = new RegExp(`${key}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(found![1]) * 1024;
}

function measure(keys: object, B: number, T: number): { readonly kept: number; readonly peak: number } {
  const model = initModel(parseConfig(keys, 'measured'), 0, { scheme: 'scaled' }).requiresGrad_();
  const tokens = Array.from({ length: B * T }, (_, i) => (7 * i + 3) % model.config.vocabSize);
  const step = (): { readonly kept: number; readonly peak: number } =>
    scope(() => {
      const input: Tensor = indices(tokens, [B, T]);
      returnFreedMemory();
      const before = status('VmRSS');
      const states = model.hidden({ tokens: input });
      const kept = status('VmRSS') - before;
      writeFileSync('/proc/self/clear_refs', '5'); // the peak is measured anew
      states.sum().backward();
      return { kept, peak: status('VmHWM') - before };
    });
  step(); // gradients, tables of positions and code pages are there then
  const measured = step();
  model.dispose();
  return measured;
}

setThreads(1);
const [models = '[]', rows, length] = process.argv.slice(2);
const results = (JSON.parse(models) as object[]).map((keys) => measure(keys, Number(rows), Number(length)));
process.stdout.write(`${JSON.stringify(results)}\n`);
