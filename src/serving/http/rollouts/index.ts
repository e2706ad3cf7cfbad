/** @file Routes for trainers, in the form of SGLang's: tokens in and out with log-probabilities, and new weights. */
export { generateRoute } from './generate-route.ts';
export { generateReplySchema, generateRequestSchema } from './generate-schema.ts';
export {
  updateWeightsReplySchema,
  updateWeightsRequestSchema,
  updateWeightsRoute,
} from './update-weights-route.ts';
