/**
 * Writes the data of the recipes in this folder into a folder, for reading or for recipes of your own.
 *
 *   node --import tsx recipes/smollm2/make-data.ts <folder>
 */
import { writeData } from './data.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('name the folder: node --import tsx recipes/smollm2/make-data.ts <folder>\n');
  process.exit(2);
}
writeData(folder);
