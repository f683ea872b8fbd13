/**
 * Where results live. Keys are '/'-separated, relative to the runs folder: 'rnn-vs-lstm-7f3a/trials/<id>/result.json'.
 */
export interface Store {
  /** A folder's path, or an s3:// address. */
  readonly url: string;
  /** Where a key is, for people: a path, or an address. */
  describe(key: string): string;
  get(key: string): Promise<Uint8Array | undefined>;
  /** Atomic: a reader sees the old bytes or the new ones, never part of them. */
  put(key: string, bytes: Uint8Array | string | AsyncIterable<string>): Promise<void>;
  /** Atomic, and only where nothing is there yet. False: somebody was first, and theirs stays. */
  putNew(key: string, bytes: Uint8Array | string): Promise<boolean>;
  /** Names right under a prefix ('' for the top), sorted; folders end in '/'. Empty where there is none. */
  list(prefix: string): Promise<string[]>;
  /** Removes a key or all keys under a prefix; fine if there are none. */
  remove(prefix: string): Promise<void>;
  /** All under a prefix that is no key's; left out by a store where nothing can be. */
  strays?(prefix: string): Promise<Stray[]>;
}

/** A hidden file or folder, a link, or what is neither file nor folder. */
export interface Stray {
  key: string;
  what: 'hidden' | 'link' | 'special';
  /** Left by a writer that died: it may be removed. */
  abandoned: boolean;
}
