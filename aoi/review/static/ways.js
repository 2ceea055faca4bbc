// What it costs to leave a layout, drawn over its picture, and the width of every gap.

import * as api from "./api.js";
import { make, t } from "./words.js";

const L = window.L;

export class Ways {
  constructor(map) {
    this.map = map;
    this.group = L.layerGroup().addTo(map);
    this.asked = null;
  }

  clear() {
    this.asked = null;
    this.group.clearLayers();
  }

  // Measured on demand, for one layout; whoever has moved on meanwhile sees nothing of it.
  async show(layout) {
    this.clear();
    this.asked = layout.id;
    const { box, gaps } = await api.ways(layout.id);
    if (this.asked !== layout.id) return;
    const [left, bottom, right, top] = box;
    const cost = L.imageOverlay(api.escapeOf(layout.id), [[bottom, left], [top, right]], { pane: "heat", alt: "" });
    cost.on("load", () => { document.body.dataset.ways = layout.id; });
    cost.addTo(this.group);
    for (const [n, gap] of gaps.entries()) {
      const label = make("span", { class: n % 2 ? "below" : "above" }, t(gap.gate ? "gate" : "gap", { width: gap.width.toFixed(gap.width < 10 ? 1 : 0) }));
      const icon = L.divIcon({ className: gap.gate ? "gap gate" : "gap", iconSize: [10, 10], html: label });
      L.marker([gap.y, gap.x], { icon, interactive: false, keyboard: false }).addTo(this.group);
    }
  }
}
