// Two dates of a change side by side, its outline on both; the map with blink and swipe lies below.

import { chipOf } from "./api.js";
import { make, t } from "./words.js";
import { captionOf } from "./map.js";

const SPACE = "http://www.w3.org/2000/svg";

export class Beside {
  constructor(node, map) {
    Object.assign(this, { node, map, on: false });
    this.outlined = true;
  }

  // Show both dates, or neither; the map below cannot be reached meanwhile.
  show(on, layout, run) {
    this.on = on;
    this.node.hidden = !on;
    this.map.inert = on;
    if (!on) return this.node.replaceChildren();
    this.node.replaceChildren(...layout.dates.map((number, n) => this.side(layout, run, number, n)));
  }

  side(layout, run, number, n) {
    const picture = run.pictures[number];
    const words = t(n ? "after" : "before");
    const image = picture.there ? make("img", { src: chipOf(number, layout.id), alt: `${words}: ${picture.when || t("date_unknown")}` }) : make("p", {}, picture.trouble);
    image.addEventListener("load", () => { document.body.dataset[n ? "chip" : "chipBefore"] = layout.id; });
    return make("figure", {}, make("div", { class: "pair" }, image, this.outline(layout, run)), make("figcaption", {}, make("b", {}, words), ` ${captionOf(picture, true)}`));
  }

  // Draw the outline over a chip, black below colour, in metres of the chip.
  outline(layout, run) {
    const [left, bottom, right, top] = layout.chip;
    const drawing = document.createElementNS(SPACE, "svg");
    const set = (node, values) => Object.entries(values).forEach(([name, value]) => node.setAttribute(name, value));
    set(drawing, { viewBox: `0 0 ${right - left} ${top - bottom}`, "aria-hidden": "true" });
    drawing.toggleAttribute("hidden", !this.outlined);
    const lines = layout.outline.map((line) => `M${line.map(([x, y]) => `${(x - left).toFixed(2)},${(top - y).toFixed(2)}`).join("L")}Z`).join("");
    for (const [stroke, width] of [["#000000", 5], [run.changes[layout.change]?.colour ?? run.colours.outline, 2.5]]) {
      const path = document.createElementNS(SPACE, "path");
      set(path, { d: lines, fill: "none", stroke, "stroke-width": width, "stroke-opacity": width > 4 ? 0.5 : 1, "vector-effect": "non-scaling-stroke" });
      drawing.append(path);
    }
    return drawing;
  }

  outlines(on) {
    this.outlined = on;
    for (const drawing of this.node.querySelectorAll("svg")) drawing.toggleAttribute("hidden", !on);
  }
}
