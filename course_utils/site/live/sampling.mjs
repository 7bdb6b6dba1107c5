/**
 * From logits to a token: pure functions, in the order of operations of notebook 04 and of Transformers' `generate`:
 * the logits are divided by the temperature, then top-k cuts, then top-p, and softmax makes probabilities of what is left.
 *
 * A "row" is an array of numbers, one for each entry of the vocabulary; shape [vocabulary] everywhere.
 *
 * @typedef {{temperature?: number, topK?: number, topP?: number}} Sampling
 * temperature: 0 is greedy, 1 changes nothing. topK: tokens kept, 0 is off. topP: share kept, 1 is off.
 */

/** What changes nothing. */
export const NEUTRAL = Object.freeze({temperature: 1, topK: 0, topP: 1});

/**
 * Probabilities of logits: e to the power of each, divided by the sum. The largest is subtracted first, so that no
 * power overflows. -Infinity becomes 0.
 * @param {ArrayLike<number>} logits [vocabulary]
 * @returns {Float64Array} [vocabulary], sums to 1
 */
export function softmax(logits) {
  const highest = logits[greedy(logits)];
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/**
 * The place of the highest logit; of equal ones the first.
 * @param {ArrayLike<number>} logits [vocabulary]
 * @returns {number} a token's number
 */
export function greedy(logits) {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}

/**
 * Logits after temperature, top-k and top-p; what is cut is -Infinity. Temperature 0 keeps the highest only.
 * @param {ArrayLike<number>} logits [vocabulary]
 * @param {Sampling} sampling
 * @returns {Float64Array} [vocabulary], a new row
 * @throws {RangeError} if a setting is out of its range
 */
export function warp(logits, {temperature = 1, topK = 0, topP = 1} = {}) {
  if (!(temperature >= 0)) throw new RangeError(`temperature is 0 or more, not ${temperature}`);
  if (!(topK >= 0)) throw new RangeError(`top-k is 0 or more, not ${topK}`);
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`top-p is more than 0 and at most 1, not ${topP}`);
  if (temperature === 0) {
    const best = greedy(logits);
    return Float64Array.from(logits, (logit, id) => (id === best ? logit : -Infinity));
  }
  let scores = Float64Array.from(logits, (logit) => logit / temperature);
  if (topK > 0 && topK < scores.length) scores = cutTopK(scores, topK);
  return topP < 1 ? cutTopP(scores, topP) : scores;
}

/** Equal ones at the edge all stay, as in Transformers. */
function cutTopK(scores, topK) {
  const edge = scores.slice().sort()[scores.length - topK];
  return scores.map((score) => (score < edge ? -Infinity : score));
}

/** From the least likely up, tokens go as long as all that went is at most 1 - topP. The likeliest always stays. */
function cutTopP(scores, topP) {
  const probabilities = softmax(scores), ascending = probabilities.slice().sort();
  let gone = 0, sum = 0;
  while (gone < ascending.length - 1 && (sum += ascending[gone]) <= 1 - topP) gone++;
  const edge = ascending[gone];
  let equals = ascending.length - gone; // of those just at the edge, this many stay
  for (const probability of probabilities) if (probability > edge) equals--;
  return scores.map((score, id) => {
    if (probabilities[id] > edge) return score;
    return probabilities[id] === edge && equals-- > 0 ? score : -Infinity;
  });
}

/**
 * The model's own probabilities, those after the settings, and which tokens can still be drawn.
 * @param {ArrayLike<number>} logits [vocabulary]
 * @param {Sampling} sampling
 * @returns {{before: Float64Array, after: Float64Array, kept: Uint8Array}} [vocabulary] each; kept is 1 or 0
 */
export function distribution(logits, sampling) {
  const scores = warp(logits, sampling);
  return {before: softmax(logits), after: softmax(scores), kept: Uint8Array.from(scores, (score) => +(score > -Infinity))};
}

/**
 * The numbers of the likeliest tokens, the likeliest first.
 * @param {ArrayLike<number>} probabilities [vocabulary]
 * @param {number} count how many
 * @returns {number[]}
 */
export function likeliest(probabilities, count) {
  const edge = Float64Array.from(probabilities).sort()[Math.max(probabilities.length - count, 0)];
  const ids = [];
  for (let id = 0; id < probabilities.length; id++) if (probabilities[id] >= edge) ids.push(id);
  return ids.sort((a, b) => probabilities[b] - probabilities[a] || a - b).slice(0, count);
}

/**
 * A seeded source of numbers from 0 up to 1: mulberry32, 32 bits of state, good enough to draw tokens and to repeat
 * a draw on any machine. The same seed gives other draws than in PyTorch, whose rng is another one.
 * @param {number} seed a whole number
 * @returns {() => number}
 */
export function rng(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Draw a token, with the probabilities as the odds: the first at which their running sum passes a random number.
 * @param {ArrayLike<number>} probabilities [vocabulary], sums to 1
 * @param {() => number} random a source such as `rng(seed)`
 * @returns {number} a token's number, never one of probability 0
 */
export function draw(probabilities, random) {
  let left = random(), last = 0;
  for (let id = 0; id < probabilities.length; id++) {
    if (!(probabilities[id] > 0)) continue;
    last = id; // rounding may leave a rest after all of them: then the last one that can be drawn
    left -= probabilities[id];
    if (left < 0) break;
  }
  return last;
}

/**
 * The next token: greedy at temperature 0, else drawn.
 * @param {ArrayLike<number>} logits [vocabulary]
 * @param {Sampling} sampling
 * @param {() => number} random
 * @returns {number} a token's number
 */
export function next(logits, sampling, random) {
  return sampling?.temperature === 0 ? greedy(logits) : draw(softmax(warp(logits, sampling)), random);
}
