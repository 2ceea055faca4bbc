// Single keys: what each does, and the table that ? shows.

import { make, t } from "./words.js";

const STORE = "stockade.keys";

export class Keys {
  // actions: [{key, words, act}], in the order of the table; two keys have acts = {key: act}
  constructor(actions) {
    this.actions = actions;
    this.by = new Map(actions.flatMap(({ key, act, acts }) => key.split(" ").map((one) => [one, acts?.[one] ?? act])));
    this.on = localStorage.getItem(STORE) !== "off";
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const field = event.target.closest?.("input:not([type=range]):not([type=checkbox]), textarea, select");
    if (field) {
      if (event.key === "Escape") document.getElementById("rows").focus();
      return;
    }
    if (!this.on || document.querySelector("dialog[open]")) return;
    const act = this.by.get(event.key);
    if (!act) return;
    event.preventDefault();
    act();
  }

  table() {
    const rows = this.actions.map(({ key, words }) =>
      make("tr", {}, make("td", {}, ...key.split(" ").flatMap((one) => [make("kbd", {}, one), " "])), make("td", {}, words)),
    );
    const box = make("input", { type: "checkbox", checked: this.on });
    box.addEventListener("change", () => {
      this.on = box.checked;
      localStorage.setItem(STORE, this.on ? "on" : "off");
    });
    return make("div", {}, make("table", { class: "keys" }, make("tbody", {}, ...rows)),
      make("label", { class: "row" }, box, t("keys_on")));
  }
}
