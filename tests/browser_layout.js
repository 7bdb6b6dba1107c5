// What of a notebook's outputs is clipped, lies over something else, or is wider than its cell: [cell, fault, part].
() => {
  const found = [];
  const words = (part) => String(part.innerText || part.textContent || part.value || "").trim().replace(/\s+/g, " ");
  const name = (part) => `${part.tagName.toLowerCase()}.${part.classList} “${words(part).slice(0, 40)}”`;
  const shown = (part) => part.checkVisibility({ visibilityProperty: true }) && part.getClientRects().length > 0;
  const scrolls = (part, end) => {
    for (let box = part.parentElement; box && box !== end; box = box.parentElement)
      if (/auto|scroll/.test(getComputedStyle(box).overflowX)) return true;
    return false;
  };
  const CONTROLS =
    "button, input, select, textarea, canvas, .widget-label, .widget-readout, .noUi-target, " +
    ".widget-html-content, svg, img, pre";
  for (const output of document.querySelectorAll(".jp-Notebook .jp-OutputArea-output")) {
    const cell = output.closest(".jp-Cell");
    const area = output.closest(".jp-OutputArea").getBoundingClientRect();
    const code = cell.querySelector(".cm-content")?.textContent.slice(0, 60);
    const say = (fault, part, more = "") => found.push([code, fault, name(part), more]);
    if (!output.getBoundingClientRect().width) continue;
    if (output.scrollWidth > output.clientWidth + 1)
      say("scrolls sideways", output, `${output.scrollWidth} in ${output.clientWidth}`);
    for (const part of output.querySelectorAll("*")) {
      const box = part.getBoundingClientRect();
      if (!shown(part) || box.width < 2 || box.height < 2) continue;
      const picture = part.closest("svg");
      if (picture && part !== picture) {
        const paper = picture.getBoundingClientRect();
        const over = Math.max(box.right - paper.right, paper.left - box.left, box.bottom - paper.bottom, paper.top - box.top);
        if (part.tagName === "text" && over > 2) say("cut off by its picture", part, `${Math.round(over)} px`);
        continue;
      }
      if (box.right > area.right + 1 && !scrolls(part, cell))
        say("wider than its cell", part, `${Math.round(box.right - area.right)} px`);
      const look = getComputedStyle(part);
      if (!words(part) || part.closest("[aria-hidden=true], .noUi-target")) continue;
      if (/hidden|clip/.test(look.overflowX) && part.scrollWidth > part.clientWidth + 1)
        say("clipped", part, `${part.scrollWidth} in ${part.clientWidth}`);
      if (/hidden|clip/.test(look.overflowY) && part.scrollHeight > part.clientHeight + 3)
        say("clipped below", part, `${part.scrollHeight} in ${part.clientHeight}`);
    }
    const parts = [...output.querySelectorAll(CONTROLS)].filter(shown);
    for (const [place, one] of parts.entries())
      for (const other of parts.slice(place + 1)) {
        if (one.contains(other) || other.contains(one)) continue;
        const a = one.getBoundingClientRect();
        const b = other.getBoundingClientRect();
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 3 && high > 3) say("lies over", one, name(other));
      }
  }
  return found;
}
