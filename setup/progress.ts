/** What an installer tells whoever shows it. `done` of `total` is in `unit`s; without `total` the end is not known. */
export interface SetupProgress {
  part: string;
  phase: 'wait' | 'download' | 'verify' | 'unpack' | 'build';
  done?: number;
  total?: number;
  unit?: 'bytes' | 'packages' | 'modules';
  message?: string;
}

export interface InstallOptions {
  onProgress?: ((progress: SetupProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}
