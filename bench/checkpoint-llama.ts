/**
 * @file llama.cpp on a GGUF file: the measurement of checkpoint-client.ts, by its prebuilt library (node-llama-cpp). The file is `checkpoint` of the settings, the folder with node_modules/node-llama-cpp the first
 * argument. The token that ends each call is chosen by a greedy sampler, as ours is.
 */
import { readFileSync } from 'node:fs';
import type { CheckpointFigures, CheckpointSettings } from './checkpoint-client.ts';
import { openLlama } from './node-llama-cpp.ts';

const WARMUP = 1;

const [folder = '', json = ''] = process.argv.slice(2);
const { checkpoint, threads, prefill, prompt, decode, runs } = JSON.parse(json) as CheckpointSettings;
const llama = await openLlama(folder, threads);
const model = await llama.loadModel({ modelPath: checkpoint });
const context = await model.createContext({
  contextSize: 1024,
  batchSize: 512,
  flashAttention: false,
  threads,
});
const sequence = context.getSequence();
const asked = { generateNext: { token: true, options: { temperature: 0 } } };

/** Reads tokens and gives the one that follows. */
async function next(tokens: readonly number[]): Promise<number> {
  const input = tokens.map((token, i) => (i === tokens.length - 1 ? ([token, asked] as const) : token));
  return (await sequence.controlledEvaluate(input)).at(-1)!.next.token;
}

async function times(work: () => Promise<void>): Promise<{ wall: number[]; cpu: number[] }> {
  const [wall, cpu]: [number[], number[]] = [[], []];
  for (let run = -WARMUP; run < runs; run++) {
    const [start, used] = [performance.now(), process.cpuUsage()];
    await work();
    if (run < 0) continue;
    const { user, system } = process.cpuUsage(used);
    wall.push((performance.now() - start) / 1000);
    cpu.push((user + system) / 1e6);
  }
  return { wall, cpu };
}

let tokens: number[] = [];
const decoded = (count: number) => async (): Promise<void> => {
  await sequence.clearHistory();
  tokens = [await next(prompt)];
  while (tokens.length < count) tokens.push(await next([tokens.at(-1)!]));
};
const first = await times(decoded(1));
const all = await times(decoded(decode));
const less = (clock: 'wall' | 'cpu') => all[clock].map((time, i) => time - first[clock][i]!);
const read = await times(async () => {
  await sequence.clearHistory();
  await next(prefill);
});
const status = readFileSync('/proc/self/status', 'utf8');
const kilobytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]);
const figures: CheckpointFigures = {
  torch: 'llama.cpp',
  prefill: read,
  decode: { wall: less('wall'), cpu: less('cpu') },
  loss: null,
  tokens,
  peak: kilobytes('VmHWM') * 1024,
  resident: kilobytes('VmRSS') * 1024,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
await llama.dispose();
