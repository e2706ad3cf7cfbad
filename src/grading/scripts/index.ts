/** @file Reward scripts of a user, run in a process of their own with a time limit for each call. */
export { type CallFailure, ScriptCalls } from './script-calls.ts';
export { SCRIPT_FRAME } from './script-protocol.ts';
