// Loaded before a process: a file system without hard links, whose folders cannot be synced. What it has besides is the
// real one.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const refuse = (code) => Promise.reject(Object.assign(new Error(code), { code }));
const { open } = fs;
fs.link = () => refuse('EPERM');
fs.open = async (path, flags, ...rest) => {
  const file = await open(path, flags, ...rest);
  if ((await file.stat()).isDirectory()) file.sync = () => refuse('EINVAL');
  return file;
};
syncBuiltinESMExports();
