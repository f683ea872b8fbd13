/** zod's issues -> problems that say what is allowed, in words, from the same schema that editors use. */
import { z } from 'zod';
import { getPath, type Json } from '../core/json.ts';
import { didYouMean, listOf, show, type Path, type Problem } from './problem.ts';

type Node = z.core.JSONSchema.BaseSchema;

const nodes = new WeakMap<z.ZodType, Node>();
function nodeOf(schema: z.ZodType): Node {
  const known = nodes.get(schema) ?? z.toJSONSchema(schema, { io: 'input', reused: 'inline', unrepresentable: 'any' });
  nodes.set(schema, known);
  return known;
}

const isNode = (node: unknown): node is Node => typeof node === 'object' && node !== null;

function alternatives(node: Node): Node[] {
  const inner = node.anyOf ?? node.oneOf;
  return inner === undefined ? [node] : inner.filter(isNode).flatMap((n) => alternatives(n as Node));
}

/**
 * Of alternatives, those whose constants are in the value (`name: "grid"`); the constant that is being looked at may be
 * any.
 */
function fitting(node: Node, value: Json | undefined, looking: PropertyKey | undefined): Node[] {
  const all = alternatives(node);
  const fit = all.filter(({ properties = {} }) =>
    Object.entries(properties).every(
      ([key, property]) =>
        key === looking ||
        !isNode(property) ||
        property.const === undefined ||
        property.const === getPath(value ?? null, [key]),
    ),
  );
  return fit.length > 0 ? fit : all;
}

/** A value's own part under a key or an index. */
function childOf(value: Json | undefined, key: PropertyKey): Json | undefined {
  return Array.isArray(value) ? value[Number(key)] : getPath(value ?? null, [String(key)]);
}

/** What the schema says of the part of a value at the path. */
function nodesAt(node: Node, path: readonly PropertyKey[], value: Json | undefined): Node[] {
  const [key, ...rest] = path;
  const here = fitting(node, value, key);
  if (key === undefined) return here;
  return here.flatMap((n) => {
    const child =
      typeof key === 'number'
        ? (n.prefixItems?.[key] ?? n.items)
        : (n.properties?.[String(key)] ?? n.additionalProperties);
    return isNode(child) ? nodesAt(child as Node, rest, childOf(value, key)) : [];
  });
}

function numberText({ type, minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Node): string {
  const bounds = [
    ...(minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? [`≥ ${minimum}`] : []),
    ...(exclusiveMinimum !== undefined ? [`> ${exclusiveMinimum}`] : []),
    ...(maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? [`≤ ${maximum}`] : []),
    ...(exclusiveMaximum !== undefined ? [`< ${exclusiveMaximum}`] : []),
  ];
  return [type === 'integer' ? 'a whole number' : 'a number', bounds.join(' and ')].join(' ').trimEnd();
}

const constantsOf = (node: Node): unknown[] => node.enum ?? (node.const === undefined ? [] : [node.const]);

function nodeText(node: Node): string {
  if (typeof node['patternErrorMessage'] === 'string') return node['patternErrorMessage'];
  switch (node.type) {
    case 'integer':
    case 'number':
      return numberText(node);
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'array': {
      if (Array.isArray(node.prefixItems))
        return `[${node.prefixItems.map((item) => nodeText(item as Node)).join(', ')}]`;
      const item = isNode(node.items) ? allowed([node.items as Node]) : '';
      return `a list${item === '' ? '' : ` in which each value is ${item}`}`;
    }
    case 'object': {
      const keys = Object.keys(node.properties ?? {});
      return keys.length === 0
        ? 'an object'
        : `an object with ${node.maxProperties === 1 ? 'one of ' : ''}the keys ${keys.join(', ')}`;
    }
    default:
      return '';
  }
}

function allowed(at: Node[]): string {
  const all = at.flatMap(alternatives);
  const constants = all.flatMap(constantsOf);
  const texts = all
    .filter((node) => constantsOf(node).length === 0)
    .map(nodeText)
    .filter((text) => text !== '');
  return [...new Set([...(constants.length > 0 ? [listOf(constants.map(String))] : []), ...texts])].join(', or ');
}

/** What a schema allows, in words: 'a whole number ≥ 2 and ≤ 10000'. */
export const allowedText = (schema: z.ZodType): string => allowed([nodeOf(schema)]);

/** The issues of a failed parse of `value`; `base` is where the value stands in the sweep file. */
export function explain(error: z.ZodError, schema: z.ZodType, value: Json | undefined, base: Path = []): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const keys = issue.path as Path;
    const path: Path = [...base, ...keys];
    const at = nodesAt(nodeOf(schema), keys, value);
    if (issue.code === 'unrecognized_keys') {
      const known = at.flatMap(alternatives).flatMap((node) => Object.keys(node.properties ?? {}));
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `unknown key; allowed: ${listOf(known)}${didYouMean(key, known)}`,
      }));
    }
    const given = keys.reduce<Json | undefined>(childOf, value);
    if (issue.code === 'custom') return [{ path, message: `${show(given)} is not allowed; it ${issue.message}` }];
    const words = allowed(at);
    if (given === undefined) return [{ path, message: `missing; needed: ${words}` }];
    const constants = at.flatMap(alternatives).flatMap(constantsOf);
    const noun = at
      .flatMap(alternatives)
      .find((node) => node.title !== undefined && constantsOf(node).length > 0)?.title;
    return [
      {
        path,
        message: `${show(given)} is not ${noun ?? 'allowed'}; allowed: ${words}${didYouMean(given, constants.map(String))}`,
      },
    ];
  });
}
