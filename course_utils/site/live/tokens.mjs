/** Tokens as a person can see them, in the colours and signs of `show.tokens` in the notebooks. */
import {say} from "./words.mjs";

const SIGNS = {" ": "·", "\n": "↵", "\t": "⇥", "\r": "␍"};
export const SPECIAL = /^<\|[\w-]+\|>$|^<\/?s>$/;

/** A token's text with its spaces and line ends as signs, and a part of a character as ⟨…⟩. */
export function visible(text) {
  return text.replace(/[ \n\t\r]/g, (sign) => SIGNS[sign]).replace(/\ufffd+/g, "⟨…⟩") || "∅";
}

/**
 * A token as an element; `place` in its row chooses its colour, `plain` leaves spaces as they are.
 * @param {{id: number, text: string}} token
 */
export function chip({id, text}, place, plain = false) {
  const element = document.createElement("span");
  const special = SPECIAL.test(text);
  element.className = `token tint${place % 4}${special ? " special" : ""}`;
  element.title = say(special ? "special_title" : "token_title", {id});
  element.textContent = plain ? text : visible(text);
  return element;
}

/** Fill an element with tokens, with a place to break the line after each, and a break after a line end. */
export function strip(element, tokens) {
  element.replaceChildren();
  tokens.forEach((token, place) => {
    element.append(chip(token, place), document.createElement("wbr"));
    if (token.text.endsWith("\n")) element.append(document.createElement("br"));
  });
}
