/** Names and the configuration of PEFT's format (huggingface.co/docs/peft, "checkpoint format"). */

const PREFIX = "base_model.model.";

/** The module whose weight a tensor is; null where the name does not say that it is one. */
export function moduleOf(tensor: string): string | null {
  const name = tensor.startsWith(PREFIX) ? tensor.slice(PREFIX.length) : tensor;
  return /^(.+)\.weight$/.exec(name)?.[1] ?? null;
}

/** The module that a weight or a bias belongs to, and which it is. */
export function ownerOf(tensor: string): { module: string; part: string } | null {
  const name = tensor.startsWith(PREFIX) ? tensor.slice(PREFIX.length) : tensor;
  const found = /^(.+)\.(weight|bias)$/.exec(name);
  return found && { module: found[1], part: found[2] };
}

/** The tensor of a module's A, rank × inputs. */
export const loraA = (module: string): string => `${PREFIX}${module}.lora_A.weight`;
/** The tensor of a module's B, outputs × rank. */
export const loraB = (module: string): string => `${PREFIX}${module}.lora_B.weight`;
/** A part of a module that is saved whole. */
export const savedName = (module: string, part: string): string => `${PREFIX}${module}.modules_to_save.${part}`;

const lastPart = (module: string): string => module.slice(module.lastIndexOf(".") + 1);

/**
 * Modules as a configuration names them: by their last parts where that names no other module of the model, else each
 * by its whole path. PEFT takes a name for every module that ends with it.
 */
export function targetNames(modules: readonly string[], others: readonly string[]): string[] {
  const lasts = new Set(modules.map(lastPart));
  const exact = !others.some((module) => lasts.has(lastPart(module)));
  return (exact ? [...lasts] : [...modules]).sort();
}

/** What adapter_config.json says. */
export interface AdapterConfig {
  rank: number;
  targets: readonly string[];
  saved: readonly string[];
  /** Whether the model's modules store inputs × outputs (GPT-2's Conv1D). */
  turned: boolean;
}

/** adapter_config.json: `lora_alpha` is the rank, so that the factors count as they are. */
export function adapterConfig({ rank, targets, saved, turned }: AdapterConfig): string {
  const config = {
    alpha_pattern: {},
    auto_mapping: null,
    base_model_name_or_path: null,
    bias: "none",
    fan_in_fan_out: turned,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    lora_alpha: rank,
    lora_dropout: 0,
    modules_to_save: saved.length > 0 ? saved : null,
    peft_type: "LORA",
    r: rank,
    rank_pattern: {},
    revision: null,
    target_modules: targets,
    task_type: null,
    use_dora: false,
    use_rslora: false,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
