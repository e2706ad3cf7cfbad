/**
 * @file `POST /update_weights_from_disk`: other weights for the model, from a checkpoint on the server's disk.
 *
 * It reads files, so that only folders under one that the server was started with are allowed, links resolved.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { GenerationError } from '../../backend.ts';
import type { AppContext, AppOptions } from '../context.ts';
import { ApiError } from '../errors.ts';
import { checkBody, readJsonObject } from '../json-body.ts';

export const updateWeightsRequestSchema = z
  .object({
    model_path: z.string().min(1).describe('Folder of a checkpoint of the same shape'),
    weight_version: z
      .string()
      .min(1)
      .max(200)
      .nullish()
      .describe('Told with each response from then on; the path unless given'),
  })
  .meta({ id: 'UpdateWeightsRequest' });

export const updateWeightsReplySchema = z
  .object({ success: z.boolean(), message: z.string(), num_paused_requests: z.int() })
  .meta({ id: 'UpdateWeightsReply' });

/** Requests under way end with the old weights; the answer comes once the new ones are there. */
export async function updateWeightsRoute(
  c: AppContext,
  { backend, maxBodyBytes }: AppOptions,
  root: string,
): Promise<Response> {
  const body = checkBody(updateWeightsRequestSchema, await readJsonObject(c.req.raw, maxBodyBytes), 400);
  const { id } = backend.models()[0]!;
  c.var.exchange.model = id;
  const checkpoint = await allowed(root, body.model_path);
  try {
    await backend.updateWeights(id, checkpoint, body.weight_version ?? body.model_path);
  } catch (error) {
    if (!(error instanceof GenerationError) || error.kind !== 'invalid') throw error;
    return answer(400, false, error.message);
  }
  return answer(200, true, 'Succeeded to update model weights.');
}

function answer(status: number, success: boolean, message: string): Response {
  const body: z.output<typeof updateWeightsReplySchema> = { success, message, num_paused_requests: 0 };
  return Response.json(body, { status });
}

/** The folder without links. @throws ApiError where it is not there, or not under the root */
async function allowed(root: string, asked: string): Promise<string> {
  const refuse = (status: 400 | 403, message: string) =>
    new ApiError(status, message, { param: 'model_path' });
  let folders: readonly [from: string, folder: string];
  try {
    folders = [await realpath(root), await realpath(path.resolve(root, asked))];
  } catch {
    throw refuse(400, 'model_path: there is no such folder on this server’s disk.');
  }
  const [from, folder] = folders;
  const below = path.relative(from, folder);
  if (below === '' || below.split(path.sep)[0] === '..' || path.isAbsolute(below)) {
    throw refuse(403, 'model_path: weights are taken only from folders under --update-weights-from.');
  }
  return folder;
}
