/** @file The program of a model's process without a model: the server's real one over a PacedEngine. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RECOMMENDED } from '../../src/serving/backend.ts';
import type * as Generating from '../../src/serving/generation/index.ts';
import type * as Serving from '../../src/serving/process/model-server.ts';
import type * as Text from '../../src/text/index.ts';
import { built } from './built.ts';
import { PacedEngine } from './engine.ts';
import { profiled } from './profile.ts';

const { serveModel } = await built<typeof Serving>('serving/process/model-server');
const { Generations } = await built<typeof Generating>('serving/generation/index');
const { Tokenizer } = await built<typeof Text>('text/index');

const CONTEXT = 4096;

serveModel(({ checkpoint, maxRows }) => {
  const { stepMs } = JSON.parse(readFileSync(path.join(checkpoint, 'paced.json'), 'utf8')) as {
    readonly stepMs: number;
  };
  const tokenizer = Tokenizer.load(checkpoint);
  const { vocabSize } = tokenizer;
  const engine = new PacedEngine({ maxRows, vocabSize, stepMs });
  const generations = new Generations(engine, {
    tokenizer,
    template: 'chat',
    thinking: 'auto',
    context: CONTEXT,
    vocabSize,
  });
  profiled('model');
  const info = {
    created: 0,
    context: CONTEXT,
    vocabSize,
    parameters: 0,
    architecture: 'paced',
    dtype: 'none',
    device: 'none',
    sampling: RECOMMENDED,
    toolSyntax: null,
    examples: [],
    graphs: 0,
  };
  return { info, engine, generations, updateWeights: () => undefined, warnings: [] };
});
