/** What one file's header may list: far above any model's, and some hundred bytes of memory for each. */
export const MAXIMUM_TENSORS = 500_000;
/** Metadata, of which the fullest in use hold some hundred. */
export const MAXIMUM_KEYS = 65_536;
