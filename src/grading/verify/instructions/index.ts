/** @file Public exports of the verifiable instructions. */
export { followed, type Instruction, requireInstruction } from './verify.ts';
