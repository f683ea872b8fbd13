/**
 * The person can put this right: shown as its message alone, without a stack. `exitCode` is what the command ends with:
 * 2 for bad usage or a bad spec, 1 for anything else that failed.
 */
export class UserError extends Error {
  constructor(
    message: string,
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
    this.name = 'UserError';
  }
}

/**
 * The operating system refuses: a disk is full, a folder is closed to us. Shown as its message alone too, but no
 * mistake of the sweep's: what is tried again on other errors is tried again on this one, for it may pass.
 */
export class Refused extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'Refused';
  }
}
