// Move the corners of an outline, by mouse, by finger or by keyboard.

import { make, t } from "./words.js";

const L = window.L;
const STEP = 1; // metres an arrow key moves a corner; with Shift five times as far
const MOST = 40; // corners; an outline traced from pixels is thinned to what a hand can move
const LEAST = 8; // square metres by which a corner must matter to be kept

export class Editor {
  constructor(place, bar, onSave, onEnd) {
    Object.assign(this, { place, bar, onSave, onEnd });
    this.on = false;
    place.map.on("dblclick", (event) => this.on && this.insertNear(event.latlng));
    document.addEventListener("keydown", (event) => {
      if (this.on && event.key === "Escape") this.end();
    });
  }

  // corners: [[x, y], …] without the closing one, metres
  start(corners) {
    if (this.on) this.end();
    this.on = true;
    this.corners = thinned(corners).map(([x, y]) => L.latLng(y, x));
    this.shape = L.polygon(this.corners, { color: "#ffffff", weight: 3, dashArray: "4 4", fill: false, interactive: false }).addTo(this.place.map);
    this.bar.replaceChildren(
      make("span", {}, t("edit_how")),
      make("button", { class: "primary", on: { click: () => this.save() } }, t("edit_save")),
      make("button", { on: { click: () => this.insert(this.last ?? 0) } }, t("add_corner")),
      make("button", { on: { click: () => this.remove(this.last ?? 0) } }, t("remove_corner")),
      make("button", { on: { click: () => this.end() } }, t("edit_cancel")),
    );
    this.bar.hidden = false;
    this.lay(0);
  }

  // A square in the middle of what is shown, to begin a new outline with.
  square() {
    const box = this.place.map.getBounds().pad(-0.35);
    return [[box.getWest(), box.getSouth()], [box.getEast(), box.getSouth()], [box.getEast(), box.getNorth()], [box.getWest(), box.getNorth()]];
  }

  // Put a handle on every corner; the focus stays on corner ``focus``.
  lay(focus) {
    for (const handle of this.handles ?? []) handle.remove();
    this.handles = this.corners.map((corner, n) => {
      const icon = L.divIcon({ className: "corner", iconSize: [18, 18] });
      const handle = L.marker(corner, { icon, draggable: true, keyboard: true, autoPanOnFocus: false }).addTo(this.place.map);
      const node = handle.getElement();
      node.setAttribute("aria-label", t("corner", { n: n + 1, all: this.corners.length }));
      node.addEventListener("keydown", (event) => this.pressed(event, n));
      node.addEventListener("focus", () => { this.last = n; });
      handle.on("drag", () => this.move(n, handle.getLatLng()));
      return handle;
    });
    this.shape.setLatLngs(this.corners);
    this.handles[focus]?.getElement().focus();
  }

  move(n, to) {
    this.corners[n] = to;
    this.last = n;
    this.handles[n].setLatLng(to);
    this.shape.setLatLngs(this.corners);
  }

  pressed(event, n) {
    const by = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const far = STEP * (event.shiftKey ? 5 : 1);
    if (by) {
      const { lat, lng } = this.corners[n];
      this.move(n, L.latLng(lat + by[0] * far, lng + by[1] * far));
    } else if (event.key === "Insert" || event.key === "+") this.insert(n);
    else if (event.key === "Delete" || event.key === "Backspace") this.remove(n);
    else if (event.key === "Enter") this.save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  insert(n) {
    const one = this.corners[n];
    const other = this.corners[(n + 1) % this.corners.length];
    this.corners.splice(n + 1, 0, L.latLng((one.lat + other.lat) / 2, (one.lng + other.lng) / 2));
    this.lay(n + 1);
  }

  insertNear(spot) {
    const lengths = this.corners.map((corner, n) => {
      const next = this.corners[(n + 1) % this.corners.length];
      return away(corner, spot) + away(spot, next) - away(corner, next);
    });
    const n = lengths.indexOf(Math.min(...lengths));
    this.corners.splice(n + 1, 0, spot);
    this.lay(n + 1);
  }

  remove(n) {
    if (this.corners.length <= 3) return;
    this.corners.splice(n, 1);
    this.lay(Math.min(n, this.corners.length - 1));
  }

  async save() {
    const outline = this.corners.map(({ lat, lng }) => [lng, lat]);
    if (await this.onSave(outline)) this.end();
  }

  end() {
    this.on = false;
    for (const handle of this.handles ?? []) handle.remove();
    this.shape?.remove();
    this.bar.hidden = true;
    this.bar.replaceChildren();
    this.onEnd();
  }
}

const away = (one, other) => Math.hypot(one.lat - other.lat, one.lng - other.lng);

// Leave out, one after another, the corner that changes the outline least.
function thinned(corners) {
  const kept = [...corners];
  while (kept.length > 4) {
    const costs = kept.map((corner, n) => {
      const [ax, ay] = kept[(n + kept.length - 1) % kept.length];
      const [bx, by] = kept[(n + 1) % kept.length];
      return Math.abs((bx - ax) * (corner[1] - ay) - (by - ay) * (corner[0] - ax));
    });
    const least = Math.min(...costs) / 2; // of a triangle
    if (kept.length <= MOST && least > LEAST) break;
    kept.splice(costs.indexOf(least * 2), 1);
  }
  return kept;
}
