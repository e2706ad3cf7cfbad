/** @file Public exports of the verifiable instructions. */
export { LANGUAGES } from './language.ts';
export {
  followed,
  INSTRUCTION_IDS,
  type Instruction,
  requireInstruction,
  type Strictness,
} from './verify.ts';
