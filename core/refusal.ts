/** What the operating system refuses, in words: the one place that knows its codes. Pure. */
import { Refused } from './errors.ts';

/**
 * Read after the path of a file or folder and a colon. A code that is missing here tells of a bug, and keeps its stack.
 */
const PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'the system or the file system does not allow it',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your quota of this disk is used up',
  EFBIG: 'the file would be larger than is allowed',
  ENOTDIR: 'it is no folder, or lies in something that is none',
  EEXIST: 'something is there that is no folder',
  EISDIR: 'it is a folder',
  ELOOP: 'symbolic links that lead in a circle',
  ENAMETOOLONG: 'the name is too long for the file system',
  EMFILE: 'too many files are open in one process',
  ENFILE: 'too many files are open on this machine',
  ENOTSUP: 'the file system does not know how',
  ENOSYS: 'the file system does not know how',
  EBUSY: 'something else uses it',
  ETXTBSY: 'it is a program that runs',
  EIO: 'the disk cannot read or write it',
  ENXIO: 'the device is not there',
  ENODEV: 'the device is not there',
  ESTALE: 'the network file system has lost it',
  ENOTCONN: 'the file system is no longer connected',
  EHOSTDOWN: 'the machine of the network file system does not answer',
  ENOMEM: 'the machine has no memory left',
  EAGAIN: 'no more processes are allowed',
};

/** What helps whatever the place is; anything else needs another place. */
const ADVICE: Readonly<Record<string, string>> = {
  EMFILE: 'allow more, as with "ulimit -n 4096", and try again',
  ENFILE: 'end other programs and try again',
  ENOMEM: 'end other programs and try again',
  EAGAIN: 'end other programs and try again',
};

const codeOf = (error: unknown): string | undefined => {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
};

/** 'the disk is full (ENOSPC)'; undefined: no refusal of the system. */
export function refusalOf(error: unknown): string | undefined {
  const code = codeOf(error) ?? '';
  if (Object.hasOwn(PROBLEMS, code)) return `${PROBLEMS[code]} (${code})`;
  // Elsewhere a bug; here a file system in which nobody makes folders.
  return code === 'ENOENT' && (error as { syscall?: unknown }).syscall === 'mkdir'
    ? `no folder can be made there (${code})`
    : undefined;
}

/** What to do about it, where `elsewhere` says how to use another place. */
export function adviceOn(error: unknown, elsewhere: string): string {
  const code = codeOf(error) ?? '';
  return ADVICE[code] ?? (code === 'ENOSPC' || code === 'EDQUOT' ? `make room, or ${elsewhere}` : elsewhere);
}

/**
 * The error to throw for one that came of `place`: a line of what the system refuses there and what to do; any other
 * one as it is.
 */
export function refused(error: unknown, place: string, elsewhere: string): unknown {
  const problem = refusalOf(error);
  return problem === undefined ? error : new Refused(`${place}: ${problem}; ${adviceOn(error, elsewhere)}`, error);
}
