/**
 * Writes the data of the recipes in this folder into data/ beside this file.
 *
 *   node --import tsx recipes/smollm2/make-data.ts
 */
import path from 'node:path';
import { writeData } from './data.ts';

writeData(path.join(import.meta.dirname, 'data'));
