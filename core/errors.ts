/**
 * The person can put this right: shown as its message alone, without a stack. `exitCode` is what the command ends with:
 * 2 for bad usage or a bad spec, 1 for anything else that failed.
 */
export class UserError extends Error {
  constructor(message: string, readonly exitCode: 1 | 2 = 1) {
    super(message);
    this.name = 'UserError';
  }
}
