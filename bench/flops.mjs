/** Work of one forward of a BERT-like encoder, from config.json: what GFLOP/s in the reports are counted with. */

/** Weights of the linear layers, which every token is multiplied with. */
export function linearParameters(config) {
  const { layers, hidden, inner } = sizes(config);
  return layers * (4 * hidden * hidden + 2 * hidden * inner);
}

/** Floating-point operations for one text of `tokens` tokens; a multiplication and an addition count as two. */
export function forwardFlops(config, tokens) {
  const { layers, hidden } = sizes(config);
  const attention = 4 * tokens * tokens * hidden * layers; // scores, and the weighted sum of values
  return 2 * linearParameters(config) * tokens + attention;
}

/** DistilBERT has words of its own. */
function sizes(config) {
  const found = {
    layers: config.num_hidden_layers ?? config.n_layers,
    hidden: config.hidden_size ?? config.dim,
    inner: config.intermediate_size ?? config.hidden_dim,
  };
  for (const [name, value] of Object.entries(found))
    if (!Number.isInteger(value)) throw new Error(`config.json does not say the model's ${name} in a word known here`);
  return found;
}
