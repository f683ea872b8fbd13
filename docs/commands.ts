/** The tables of commands.md, made of the commands themselves. */
import type { Argument, Command, Option } from 'commander';
import { commands } from '../cli/commands/index.ts';
import { cell, code, sentence, table } from './markdown.ts';

const argumentText = (argument: Argument): string => {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
};

/** `sweep start <file>`, `sweep server start|stop|status`. */
function usageOf(command: Command, path: string): string {
  const given = command.registeredArguments.map(argumentText);
  const inner = command.commands.map((child) => child.name()).join('|');
  return [path, ...given, ...(inner === '' ? [] : [inner])].join(' ');
}

function defaultOf({ defaultValue, mandatory, negate }: Option): string {
  if (mandatory) return '**required**';
  const none = defaultValue === undefined || defaultValue === '' || negate;
  return none ? '' : code(Array.isArray(defaultValue) ? defaultValue.join(',') : String(defaultValue));
}

function optionTable(command: Command): string {
  const rows = command.options
    .filter(({ hidden }) => !hidden)
    .map((option) => {
      const choices = option.argChoices === undefined ? '' : ` One of ${option.argChoices.map(code).join(', ')}.`;
      return [code(option.flags), defaultOf(option), `${cell(sentence(option.description))}${choices}`];
    });
  return rows.length === 0 ? '' : table(['option', 'default', 'meaning'], rows);
}

function argumentTable(command: Command): string {
  const rows = command.registeredArguments.map((argument) => [
    code(argumentText(argument)),
    cell(sentence(argument.description)),
  ]);
  return rows.length === 0 ? '' : table(['argument', 'meaning'], rows);
}

/** One command, and then those below it. */
function reference(command: Command, path: string, heading: string): string[] {
  const usage = command.commands.length === 0 ? `${usageOf(command, path)} [options]` : usageOf(command, path);
  return [
    `${heading} ${path}`,
    `\`\`\`\n${usage}\n\`\`\``,
    ...(command.description() === ''
      ? []
      : [
          command
            .description()
            .split(/\s*\n\s*/)
            .join(' ')
            .split(/(?<=[.:]) (?=[A-Z])/)
            .map(sentence)
            .join(' '),
        ]),
    argumentTable(command),
    optionTable(command),
    ...command.commands.flatMap((child) => reference(child, `${path} ${child.name()}`, `${heading}#`)),
  ].filter((part) => part !== '');
}

export async function commandsBlocks(): Promise<Record<string, string>> {
  const all = await Promise.all(
    Object.entries(commands).map(async ([name, { summary, load }]) => ({ name, summary, command: await load() })),
  );
  return {
    commands: table(
      ['command', 'what it does'],
      all.map(({ name, summary, command }) => [code(usageOf(command, `sweep ${name}`)), cell(sentence(summary))]),
    ),
    reference: all.flatMap(({ name, command }) => reference(command, `sweep ${name}`, '##')).join('\n\n'),
  };
}
