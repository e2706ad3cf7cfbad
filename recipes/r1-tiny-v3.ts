/**
 * The whole recipe in the small world, from a base model in the shape of DeepSeek-V3.
 *
 *   aha run recipes/r1-tiny-v3.ts
 *
 * docs/r1-tiny.md has its figures beside those of the dense base.
 */
import { defineRecipe } from '@aha-r1/aha';
import { stagesFrom } from './r1-tiny.ts';

export default defineRecipe({
  name: 'r1-tiny-v3',
  title: 'The whole R1 recipe in the small world, from a base in the shape of DeepSeek-V3',
  stages: stagesFrom('models/tiny-v3-base'),
});
