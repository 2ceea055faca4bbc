// The map: the run's own metric frame, pictures by date, and what was found drawn on them.
//
// A chip of the whole layout lies below the tiles: it is there at once, and tiles cover it as
// they come.  Two pictures can lie on each other, for the other date and for the swipe.

import { chipOf } from "./api.js";
import { Ways } from "./ways.js";
import { make, t } from "./words.js";

const L = window.L;
const STILL = matchMedia("(prefers-reduced-motion: reduce)").matches;

// Lines differ by dashes as well as by colour.
const STYLES = {
  yard: { weight: 1.5, dashArray: "10 4", fill: true, fillOpacity: 0.12 },
  building: { weight: 1.5, fill: true, fillOpacity: 0.1 },
  wall: { weight: 2.5, dashArray: "1 5", lineCap: "round" },
  others: { weight: 2, dashArray: "6 6", fill: false },
  site: { weight: 2, dashArray: "12 4 2 4", fill: false },
  changes: { weight: 2.5, fill: true, fillOpacity: 0.15 },
};

const LAYERS = { yard: "yards", building: "buildings", wall: "walls", site: "sites", changes: "changes" };

export class Place {
  constructor(node, run, onTrouble) {
    const { native } = run.runs[0].tiles;
    this.run = run;
    this.at_run = 0;
    this.onTrouble = onTrouble;
    this.map = L.map(node, {
      crs: frameOf(run.runs[0].tiles),
      attributionControl: false, preferCanvas: true, zoomSnap: 0.25, zoomDelta: 0.5,
      minZoom: 0, maxZoom: native + 3, fadeAnimation: false, zoomAnimation: !STILL, inertia: !STILL,
      doubleClickZoom: false,
    });
    L.control.scale({ imperial: false }).addTo(this.map);
    for (const [name, z] of [["first", 200], ["second", 250], ["heat", 300]]) this.map.createPane(name).style.zIndex = z;
    this.sides = { first: null, second: null };
    this.groups = Object.fromEntries(["others", ...Object.keys(LAYERS), "outline"].map((name) => [name, L.layerGroup().addTo(this.map)]));
    this.mode = "one";
    this.at = 50;
    this.heat = "";
    this.ways = new Ways(this.map);
    this.map.on("move zoom resize", () => this.clip());
    this.map.on("dragstart zoomstart", () => { this.moved = true; });
    new ResizeObserver(() => this.resized()).observe(node);
  }

  show(layout, first, second) {
    this.layout = layout;
    const [left, bottom, right, top] = layout.chip;
    this.box = L.latLngBounds([bottom, left], [top, right]);
    this.use(layout.run);
    this.look(false);
    this.put("first", first);
    this.put("second", second);
    if (second === null) this.mode = "one";
    this.clip();
    this.draw();
    this.score(this.heat);
  }

  // Every run lies in a frame of its own: go over to another one.
  use(number) {
    if (number === this.at_run) return;
    this.at_run = number;
    for (const side of Object.values(this.sides)) {
      side?.chip?.remove();
      side?.tiles?.remove();
    }
    this.sides = { first: null, second: null };
    this.heatTiles?.remove();
    this.ways.clear();
    for (const group of Object.values(this.groups)) group.clearLayers();
    this.map.options.crs = frameOf(this.run.runs[number].tiles);
    this.map.fitBounds(this.box, { animate: false, reset: true });
  }

  // What lies under the map grows and shrinks; the layout stays in view unless it was moved.
  resized() {
    this.map.invalidateSize({ animate: false, pan: false });
    if (this.box && !this.moved) this.look(false);
  }

  look(animate) {
    this.map.fitBounds(this.box, { animate });
    this.moved = false;
  }

  fit() {
    if (this.box) this.look(!STILL);
  }

  // Lay a picture in a pane: its chip at once, its tiles over it.
  put(pane, number) {
    const old = this.sides[pane];
    old?.chip?.remove();
    if (old && old.number !== number) old.tiles?.remove();
    const picture = number === null ? null : this.run.pictures[number];
    if (!picture?.there) {
      old?.tiles?.remove();
      this.sides[pane] = { number, chip: null, tiles: null };
      if (pane === "first" && picture) this.onTrouble(picture.trouble);
      return;
    }
    const tiles = old?.number === number && old.tiles ? old.tiles : this.tiles(pane, `/tile/${number}/{z}/{x}/{y}`);
    const chip = L.imageOverlay(chipOf(number, this.layout.id), this.box, { pane, zIndex: 1, alt: "" });
    const id = this.layout.id;
    chip.on("load", () => { if (pane === "first") document.body.dataset.chip = id; });
    chip.on("error", () => { if (this.layout.id === id && pane === "first") this.onTrouble(t("no_picture")); });
    chip.addTo(this.map);
    this.sides[pane] = { number, chip, tiles };
  }

  tiles(pane, address) {
    const { side, native, coarsest } = this.run.runs[this.at_run].tiles;
    return L.tileLayer(address, {
      pane, tileSize: side, minZoom: coarsest, minNativeZoom: coarsest, maxNativeZoom: native,
      maxZoom: native + 3, zIndex: 2, noWrap: true, keepBuffer: 1, updateWhenZooming: false,
    }).addTo(this.map);
  }

  // Draw what was found; colours and dashes say which is which.
  draw() {
    const { near, others, outline, edited } = this.layout;
    for (const group of Object.values(this.groups)) group.clearLayers();
    const scene = this.run.pictures[this.shownPicture()]?.scene;
    for (const [name, layer] of Object.entries(LAYERS)) {
      for (const thing of near[layer] ?? []) {
        if (thing.scene_id && scene && thing.scene_id !== scene && this.run.runs[this.at_run].pair) continue;
        const colour = name === "changes" ? this.run.colours[thing.kind] : this.run.colours[name];
        if (name === "site") this.line(name, thing.lines, { color: "#ffffff", weight: 5, opacity: 0.7, fill: false });
        if (colour) this.line(name, thing.lines, { color: colour, ...STYLES[name] });
      }
    }
    for (const lines of Object.values(others)) this.line("others", lines, { color: this.run.colours.others, ...STYLES.others });
    if (edited) this.line("outline", outline, { color: "#ffffff", weight: 1.5, dashArray: "3 4", fill: false });
    this.line("outline", edited ?? outline, { color: "#000000", weight: 6, opacity: 0.55, fill: false });
    this.line("outline", edited ?? outline, { color: this.run.colours.outline, weight: 3, fill: false });
  }

  line(group, lines, style) {
    const corners = lines.map((line) => line.map(([x, y]) => [y, x]));
    const shape = group === "wall" ? L.polyline(corners, { ...style, interactive: false }) : L.polygon(corners, { ...style, interactive: false });
    this.groups[group].addLayer(shape);
  }

  toggle(name, on) {
    const group = this.groups[name];
    if (on) group.addTo(this.map);
    else group.remove();
  }

  // Lay what the net scored over the picture, one head at a time.
  score(head) {
    this.heat = head;
    this.heatTiles?.remove();
    this.ways.clear();
    const number = this.sides.first?.number ?? null;
    if (head === "escape") {
      if (!this.layout.ways) return;
      this.onTrouble(t("measuring"));
      this.ways.show(this.layout).then(() => this.onTrouble(""), (error) => this.onTrouble(error.message));
      return;
    }
    if (!head || number === null || this.layout.hidden) return;
    if (!this.run.pictures[number].heads.includes(head)) return;
    this.heatTiles = this.tiles("heat", `/heat/${number}/${head}/{z}/{x}/{y}/${encodeURIComponent(this.layout.id)}`);
  }

  shownPicture() {
    return this.mode === "two" ? this.sides.second?.number : this.sides.first?.number;
  }

  setMode(mode) {
    this.mode = this.sides.second?.number === null ? "one" : mode;
    this.clip();
    if (this.layout) this.draw();
  }

  // Show the second picture not at all, whole, or up to the slider.
  clip() {
    const pane = this.map.getPane("second");
    pane.style.display = ["one", "beside"].includes(this.mode) ? "none" : "";
    if (this.mode !== "swipe") {
      pane.style.clip = "";
      return;
    }
    const size = this.map.getSize();
    const from = this.map.containerPointToLayerPoint([0, 0]);
    const to = this.map.containerPointToLayerPoint([(size.x * this.at) / 100, size.y]);
    pane.style.clip = `rect(${from.y}px, ${to.x}px, ${to.y}px, ${from.x}px)`;
  }

  swipeTo(at) {
    this.at = Number(at);
    this.clip();
  }
}

// Metres of a run's own frame to pixels: y grows upwards, tiles begin in the north-west.
function frameOf({ x, y, gsd, native }) {
  const metres = gsd * 2 ** native; // a pixel at zoom 0
  return L.extend({}, L.CRS.Simple, { transformation: new L.Transformation(1 / metres, -x / metres, -1 / metres, y / metres) });
}

// Say which picture is shown, when it was taken, and whom it belongs to.
export function captionOf(picture, sided = false) {
  if (!picture) return "";
  const role = picture.role && !sided ? t(picture.role) : "";
  const gsd = picture.gsd ? t("metres", { gsd: Number(picture.gsd.toPrecision(2)) }) : "";
  return [role, picture.scene, picture.when || t("date_unknown"), gsd, picture.credit].filter(Boolean).join(" · ");
}

// Small pictures of the place by date, to choose from.
export function stripOf(run, layout, chosen, onChoose) {
  const byTime = [...layout.sights].sort((one, other) => one - other);
  return byTime.map((number) => {
    const picture = run.pictures[number];
    const image = picture.there ? make("img", { src: chipOf(number, layout.id, true), alt: "", loading: "lazy" }) : null;
    const button = make("button", { "aria-pressed": String(number === chosen), on: { click: () => onChoose(number) } },
      image, make("span", {}, [picture.role && t(picture.role), picture.when || t("date_unknown")].filter(Boolean).join(", ")));
    return make("li", {}, button);
  });
}
