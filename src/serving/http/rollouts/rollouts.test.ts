import { mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { GenerationError } from '../../backend.ts';
import { openApiDocument } from '../openapi.ts';
import { finish, start, testApp } from '../testing.ts';
import { generateReplySchema } from './generate-schema.ts';

const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'aha-weights-root-')));
mkdirSync(path.join(root, 'step-1'));
symlinkSync(tmpdir(), path.join(root, 'out'));

const REPLY = [
  start(3, 2),
  finish({
    reason: 'stop',
    completionTokens: 2,
    reasoningTokens: 0,
    thought: false,
    rollout: { tokens: [8, 7], logprobs: [-0.5, -0.25], text: 'x', weightVersion: 'v3' },
  }),
];

describe('/generate', () => {
  it('asks for tokens and tells them as SGLang does', async () => {
    const test = testApp([REPLY], { weightsRoot: root });
    const response = await test.post('/generate', {
      input_ids: [1, 2, 3],
      sampling_params: {
        temperature: 0.5,
        max_new_tokens: 9,
        stop_token_ids: [7],
        random_state: [1, 2, 3, 4],
      },
      return_logprob: true,
    });
    expect(test.last()).toMatchObject({
      prompt: { kind: 'tokens', ids: [1, 2, 3] },
      n: 1,
      sampling: { temperature: 0.5, topP: 1, topK: 0, seed: null },
      limits: { maxTokens: 9 },
      rollout: { stopTokens: [7], endTokens: true, random: [1, 2, 3, 4] },
    });
    const { output_ids, meta_info } = generateReplySchema.parse(await response.json());
    expect(output_ids).toEqual([8, 7]);
    expect(meta_info).toMatchObject({
      finish_reason: { type: 'stop', matched: 7 },
      prompt_tokens: 3,
      cached_tokens: 2,
      completion_tokens: 2,
      weight_version: 'v3',
      output_token_logprobs: [
        [-0.5, 8, null],
        [-0.25, 7, null],
      ],
    });
  });

  it.each([
    [{ input_ids: [] }, 'input_ids'],
    [{ input_ids: [1000] }, 'input_ids[0]: 1000 is no token id'],
    [{ input_ids: [1], stream: true }, 'stream is not supported'],
    [{ input_ids: [1], sampling_params: { random_state: [1, 2, 3] } }, 'sampling_params.random_state'],
    [{ input_ids: [1], sampling_params: { random_state: [1, 2, 3, -1] } }, 'sampling_params.random_state'],
  ])('refuses %j', async (body, why) => {
    const response = await testApp([REPLY], { weightsRoot: root }).post('/generate', {
      sampling_params: {},
      ...body,
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(why);
  });

  it('is there, and in the description, only where weights may be replaced', async () => {
    expect((await testApp([REPLY]).post('/generate', {})).status).toBe(404);
    expect((await testApp([REPLY]).post('/update_weights_from_disk', {})).status).toBe(404);
    expect(Object.keys(openApiDocument(true).paths as object)).not.toContain('/generate');
    const { paths, components } = openApiDocument(true, true) as {
      paths: object;
      components: { schemas: object };
    };
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/generate', '/update_weights_from_disk']));
    expect(Object.keys(components.schemas)).toContain('GenerateReply');
  });
});

describe('/update_weights_from_disk', () => {
  const update = async (body: object, fail?: GenerationError) => {
    const test = testApp([REPLY], { weightsRoot: root });
    if (fail) test.backend.updateWeights = () => Promise.reject(fail);
    const response = await test.post('/update_weights_from_disk', body);
    return { status: response.status, body: await response.text(), updates: test.backend.updates };
  };

  it('gives the model a folder under the root', async () => {
    const { status, body, updates } = await update({
      model_path: path.join(root, 'step-1'),
      weight_version: 'v1',
    });
    expect([status, JSON.parse(body)]).toEqual([
      200,
      { success: true, message: 'Succeeded to update model weights.', num_paused_requests: 0 },
    ]);
    expect(updates).toEqual([{ model: 'r1-tiny', checkpoint: path.join(root, 'step-1'), version: 'v1' }]);
  });

  it.each(['..', '/', 'out', '.', 'step-1/../..'])(
    'refuses %s, which is not under it',
    async (model_path) => {
      const { status, updates } = await update({ model_path });
      expect([status, updates]).toEqual([403, []]);
    },
  );

  it('tells why weights do not fit, and when the model is away', async () => {
    const unfit = await update({ model_path: 'step-1' }, new GenerationError('invalid', 'of another model'));
    expect([unfit.status, JSON.parse(unfit.body)]).toMatchObject([
      400,
      { success: false, message: 'of another model' },
    ]);
    const away = await update({ model_path: 'step-1' }, new GenerationError('unavailable', 'away'));
    expect(away.status).toBe(503);
  });
});
