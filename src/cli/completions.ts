import { type Command, defineCommand, type Option, UsageError } from "./command.js";
import { commonOptions } from "./options.js";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** Options of a command, its own and everyone's. */
const optionsOf = ({ options }: Command): [name: string, option: Option<unknown>][] =>
  Object.entries<Option<unknown>>({ ...commonOptions, ...options });

const words = (command: Command): string =>
  optionsOf(command)
    .map(([name, { short }]) => `--${name}${short ? ` -${short}` : ""}`)
    .join(" ");

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => `    ${command.name}) words="${words(command)}" ;;`).join("\n");
  return `_weightscope() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _weightscope weightscope
`;
}

const zsh = (commands: readonly Command[]): string =>
  `#compdef weightscope\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;

/** A text between single quotes. */
const quotedForFish = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c weightscope -n __fish_use_subcommand -a ${command.name} -d ${quotedForFish(command.summary)}`,
    ...optionsOf(command).map(([name, { short, value, help }]) => {
      const which = `-n ${quotedForFish(`__fish_seen_subcommand_from ${command.name}`)}`;
      const names = `${short ? `-s ${short} ` : ""}-l ${name}${value === undefined ? "" : " -r"}`;
      return `complete -c weightscope ${which} ${names} -d ${quotedForFish(help)}`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}

const scripts: Record<Shell, (commands: readonly Command[]) => string> = { bash, zsh, fish };

/** `completions SHELL`: what a shell reads to complete commands and options; it knows of the commands it is given. */
export function completions(commands: readonly Command[]): Command {
  return defineCommand({
    name: "completions",
    summary: "a script that completes commands and options, for bash, zsh or fish",
    operands: "SHELL",
    minimum: 1,
    maximum: 1,
    options: {},
    details: ['bash: eval "$(weightscope completions bash)". fish: weightscope completions fish | source.'],
    async run({ operands: [asked], output }) {
      const shell = SHELLS.find((name) => name === asked);
      if (!shell) throw new UsageError(`completions takes ${SHELLS.join(", ")}, not "${asked.slice(0, 40)}"`);
      await output.write(scripts[shell](commands));
      return 0;
    },
  });
}
