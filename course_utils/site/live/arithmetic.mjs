/** The arithmetic of the concepts page, as pure functions. */

/**
 * Which places each token may look at: full attention of a decoder, or a sliding window.
 * @param {number} tokens how many there are
 * @param {number} [window] how many it sees at most, itself included; 0 for all before it
 * @returns {boolean[][]} [tokens, tokens]; row i is what token i sees
 */
export function mask(tokens, window = 0) {
  const sees = (row, column) => column <= row && (window === 0 || row - column < window);
  return Array.from({length: tokens}, (_, row) => Array.from({length: tokens}, (_, column) => sees(row, column)));
}

/**
 * A group of weights as small whole numbers and one scale, and back.
 * @param {number[]} weights
 * @param {number} bits 2 to 8 for each; 4 bits leave -7 to 7
 * @returns {{scale: number, whole: number[], back: number[], error: number}} error: the mean distance of back and weights
 */
export function quantize(weights, bits) {
  const most = 2 ** (bits - 1) - 1;
  const scale = Math.max(...weights.map(Math.abs)) / most;
  // + 0 makes 0 of -0
  const whole = weights.map((weight) => (scale === 0 ? 0 : Math.round(weight / scale) + 0));
  const back = whole.map((number) => number * scale);
  const error = weights.reduce((sum, weight, place) => sum + Math.abs(weight - back[place]), 0) / weights.length;
  return {scale, whole, back, error};
}
