/**
 * What a sweep may look like, as plain data. A sweep has two forms, the file that a person writes and the resolved spec
 * that workflows, run folders and reports have; most of both is the same. Of one description are made the check of a
 * spec (check.ts, which workflows can run), the schemas of a file (sweep-file's schema.ts, and JSON Schema from them)
 * and the types (core/spec.ts).
 */
import type { Json } from '../json.ts';
import type { Dimension } from '../space/index.ts';

interface Common {
  /** What it is for, in editors. */
  readonly summary?: string;
  /** May be left out: of both forms, or of the file alone (what it then is depends on others). */
  readonly optional?: true | 'in file';
  /** What a file that leaves it out means. It stands in the resolved spec. */
  readonly default?: Json;
  /** The form that has it; left out: both. */
  readonly only?: 'file' | 'spec';
}
/** `pattern` is a regular expression that the whole text matches, `allowed` what it says. */
export interface TextForm extends Common {
  readonly is: 'text';
  readonly pattern?: string;
  readonly allowed?: string;
}
export interface NumberForm extends Common {
  readonly is: 'number';
  readonly integer?: true;
  readonly atLeast?: number;
  readonly above?: number;
  readonly atMost?: number;
}
export interface FlagForm extends Common {
  readonly is: 'flag';
}
export interface ChoiceForm extends Common {
  readonly is: 'choice';
  readonly of: readonly string[];
}
/** The name of an entry of a registry that core does not know. */
export interface NameForm extends Common {
  readonly is: 'name';
  readonly of: 'tasks' | 'cells' | 'optimizers' | 'figures' | 'metrics';
}
/** `orOne`: a file may have a single value in the place of a list with only that. */
export interface ListForm extends Common {
  readonly is: 'list';
  readonly of: Form;
  readonly least?: number;
  readonly most?: number;
  readonly orOne?: true;
}
/**
 * `others`: may have more keys, which others know. `exactlyOne`: has just one of these, though each alone may be left
 * out.
 */
export interface ObjectForm extends Common {
  readonly is: 'object';
  readonly keys: Keys;
  readonly others?: true;
  readonly exactlyOne?: readonly string[];
}
/** Any keys, or those that a regular expression matches. */
export interface RecordForm extends Common {
  readonly is: 'record';
  readonly of: Form;
  readonly keys?: { readonly pattern: string; readonly allowed: string };
}
/** A search or a scheduler: its name, and its options beside it. */
export interface EntryForm extends Common {
  readonly is: 'entry';
  readonly of: 'searches' | 'schedulers';
}
/** Dotted paths, each with a dimension, into these sections. */
export interface SpaceForm extends Common {
  readonly is: 'space';
  readonly into: readonly string[];
}
/** Whatever JSON has. */
export interface AnyForm extends Common {
  readonly is: 'any';
}

export type Keys = Readonly<Record<string, Form>>;
export type Form =
  | TextForm
  | NumberForm
  | FlagForm
  | ChoiceForm
  | NameForm
  | ListForm
  | ObjectForm
  | RecordForm
  | EntryForm
  | SpaceForm
  | AnyForm;

/** A search's or a scheduler's name and options. */
export interface NamedOptions {
  name: string;
  [option: string]: Json;
}

type Which = 'file' | 'spec';

/** The type of what stands where this form does: in a resolved spec, or in a file with its defaults filled in. */
export type ValueOf<F extends Form, W extends Which = 'spec'> = F extends TextForm | NameForm
  ? string
  : F extends NumberForm
    ? number
    : F extends FlagForm
      ? boolean
      : F extends ChoiceForm
        ? F['of'][number]
        : F extends ListForm
          ? ValueOf<F['of'], W>[]
          : F extends RecordForm
            ? Record<string, ValueOf<F['of'], W>>
            : F extends EntryForm
              ? NamedOptions
              : F extends SpaceForm
                ? W extends 'file'
                  ? Record<string, unknown>
                  : Record<string, Dimension>
                : F extends AnyForm
                  ? Json
                  : F extends ObjectForm
                    ? ObjectOf<F['keys'], W>
                    : never;

type Optional<F extends Form, W extends Which> = F['optional'] extends true
  ? W extends 'file'
    ? 'default' extends keyof F
      ? false
      : true
    : true
  : F['optional'] extends 'in file'
    ? W extends 'file'
      ? true
      : false
    : false;
type Present<K extends Keys, W extends Which> = {
  [P in keyof K]: K[P]['only'] extends Which ? (K[P]['only'] extends W ? P : never) : P;
}[keyof K];
type OptionalIn<K extends Keys, W extends Which> = {
  [P in Present<K, W>]: Optional<K[P], W> extends true ? P : never;
}[Present<K, W>];
/** Flat, so that editors show keys and not how they came about. */
type Flat<T> = { [P in keyof T]: T[P] };
export type ObjectOf<K extends Keys, W extends Which = 'spec'> = Flat<
  { [P in Exclude<Present<K, W>, OptionalIn<K, W>>]: ValueOf<K[P], W> } & { [P in OptionalIn<K, W>]?: ValueOf<K[P], W> }
>;

/** The type of what a person writes in a file: what has a default may be left out, and so may what the space gives. */
export type WrittenOf<F extends Form> = F extends ListForm
  ? readonly WrittenOf<F['of']>[] | (F['orOne'] extends true ? WrittenOf<F['of']> : never)
  : F extends SpaceForm
    ? Readonly<Record<string, readonly Json[] | { readonly [key: string]: Json }>>
    : F extends ObjectForm
      ? Written<F['keys'], F['others']>
      : ValueOf<F, 'file'>;
type Left<F extends Form> = 'default' extends keyof F ? true : F['optional'] extends true | 'in file' ? true : false;
type InFile<K extends Keys> = { [P in keyof K]: K[P]['only'] extends 'spec' ? never : P }[keyof K];
/** Of a section with options of others, each key may come from the space instead. */
type Written<K extends Keys, Others> = Others extends true
  ? Flat<{ [P in InFile<K>]?: WrittenOf<K[P]> }> & { readonly [option: string]: unknown }
  : Flat<
      { [P in InFile<K> as Left<K[P]> extends true ? never : P]: WrittenOf<K[P]> } & {
        [P in InFile<K> as Left<K[P]> extends true ? P : never]?: WrittenOf<K[P]>;
      }
    >;
