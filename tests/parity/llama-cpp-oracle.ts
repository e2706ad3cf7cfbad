/**
 * llama.cpp's numbers of a GGUF file, by node-llama-cpp with its prebuilt library: nothing is compiled or downloaded. A
 * program of its own, as the library keeps the process it is loaded in busy.
 *
 *   node --import tsx llama-cpp-oracle.ts <folder with node_modules/node-llama-cpp> <file.gguf> <text> <greedy tokens>
 *
 * Prints JSON: the ids of the text, the log-probability of each but the first, and the greedy tokens that follow.
 */
import { openLlama } from '../../bench/node-llama-cpp.ts';

const [folder = '', file = '', text = '', count = ''] = process.argv.slice(2);
const llama = await openLlama(folder, 1);
const model = await llama.loadModel({ modelPath: file });
const context = await model.createContext({ contextSize: 512, flashAttention: false, threads: 1 });
const sequence = context.getSequence();
const asked = { generateNext: { probabilities: true, token: true } };

const ids = model.tokenize(text, true);
const answers = (await sequence.controlledEvaluate(ids.map((id) => [id, asked]))).map((one) => one!.next);
const logprobs = ids.slice(1).map((id, i) => Math.log(answers[i]!.probabilities.get(id)!));
const greedy = [answers.at(-1)!.token];
while (greedy.length < Number(count)) {
  const [answer] = await sequence.controlledEvaluate([[greedy.at(-1)!, asked]]);
  greedy.push(answer!.next.token);
}
process.stdout.write(`${JSON.stringify({ ids, logprobs, greedy })}\n`);
await llama.dispose();
