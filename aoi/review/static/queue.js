// The queue: which layouts are listed, in which order, and which one is chosen.

import { make, t } from "./words.js";

const FILTERS = {
  todo: (row) => row.todo,
  all: (row) => !row.site,
  new: (row) => row.flags.includes("new"),
  known: (row) => row.flags.includes("known"),
  ambiguous: (row) => row.flags.includes("ambiguous"),
  changed: (row) => row.flags.includes("changed"),
  told_change: (row) => row.flags.includes("told_change"),
  told_same: (row) => row.flags.includes("told_same"),
  cannot_tell: (row) => row.flags.includes("cannot_tell") || row.verdict === "cannot_tell",
  disagreed: (row) => row.status === "disagreed",
  mine: (row) => row.mine !== null,
  drawn: (row) => row.flags.includes("drawn"),
  not_detected: (row) => row.site,
};

const doubt = (row) => (row.score === null ? 1 : Math.abs(row.score - 0.5));
const ORDERS = {
  given: null,
  doubt: (one, other) => doubt(one) - doubt(other),
  place: (one, other) => other.at[1] - one.at[1],
};

// A layout is never called by the site it may be.
export const nameOf = (row) => (row.site ? row.name : row.hidden || row.rank === null ? row.called : t("rank", { rank: row.rank }));

const SIGNS = { walled_compound: "●", not_a_compound: "○", as_told: "●", not_as_told: "○", cannot_tell: "?" };

export class Queue {
  constructor({ list, filter, order, count, run, onChoose }) {
    Object.assign(this, { list, filter, order, count, run, onChoose });
    this.rows = new Map();
    this.nodes = new Map();
    this.shown = [];
    this.chosen = null;
    for (const key of Object.keys(FILTERS)) filter.append(make("option", { value: key }, t(`filter_${key}`)));
    for (const key of Object.keys(ORDERS)) {
      const blind = key === "given" && run.blind;
      if (key === "doubt" && run.blind) continue;
      order.append(make("option", { value: key }, t(blind ? "order_blind" : `order_${key}`)));
    }
    this.which = document.getElementById("run");
    document.getElementById("which").hidden = run.runs.length < 2;
    this.which.append(make("option", { value: "" }, t("run_all")), ...run.runs.map((one, n) => make("option", { value: n }, one.folder)));
    this.which.addEventListener("change", () => this.show());
    filter.value = "todo";
    filter.addEventListener("change", () => this.show());
    order.addEventListener("change", () => this.show());
    list.addEventListener("click", (event) => {
      const node = event.target.closest("[role=option]");
      if (node) this.choose(node.dataset.id);
    });
    list.addEventListener("keydown", (event) => this.walk(event));
  }

  fill(rows) {
    this.rows = new Map(rows.map((row) => [row.id, row]));
    this.nodes.clear();
    this.show();
  }

  // Take new states of some rows; the list keeps its order, so nothing jumps under the hand.
  update(rows, gone = []) {
    let added = false;
    for (const row of rows) {
      added ||= !this.rows.has(row.id);
      this.rows.set(row.id, row);
      const node = this.nodes.get(row.id);
      if (node) this.paint(node, row);
    }
    for (const id of gone) this.rows.delete(id);
    if (added || gone.length) this.show();
    this.tell();
  }

  show() {
    const keep = FILTERS[this.filter.value];
    const { value } = this.which;
    const here = (row) => value === "" || row.run === Number(value);
    this.shown = [...this.rows.values()].filter((row) => (keep(row) && here(row)) || row.id === this.chosen);
    const order = ORDERS[this.order.value];
    if (order) this.shown.sort(order);
    this.list.replaceChildren(...this.shown.map((row) => this.node(row)));
    this.mark();
    this.tell();
  }

  node(row) {
    let node = this.nodes.get(row.id);
    if (!node) {
      node = make("li", { role: "option", id: `row-${row.id}`, "data-id": row.id, "aria-selected": "false" });
      this.nodes.set(row.id, node);
      this.paint(node, row);
    }
    return node;
  }

  paint(node, row) {
    const head = row.change ? this.run.changes[row.change].name : nameOf(row);
    const folder = this.run.runs.length > 1 ? this.run.runs[row.run].folder : "";
    const verdict = row.verdict ?? row.mine;
    const score = row.score === null ? "" : row.score.toFixed(2);
    const state = row.site ? t("site_row") : row.status === "disagreed" ? t("status_disagreed") : verdict ? this.run.verdicts[verdict] : "";
    const named = row.name && !row.site ? t("may_be", { name: row.name }) : "";
    node.replaceChildren(
      make("span", { class: `likeness ${row.likeness ?? "none"}`, "aria-hidden": "true" }),
      make("span", { class: "sign", "aria-hidden": "true" }, row.status === "disagreed" ? "≠" : (SIGNS[verdict] ?? "")),
      make("b", {}, head),
      make("span", { class: "number" }, score),
      make("span", { class: "more" }, [folder, row.change ? row.called : "", row.area, named, state].filter(Boolean).join(", ") || " "),
    );
    node.classList.toggle("done", !row.todo);
  }

  choose(id) {
    this.chosen = id;
    if (!this.shown.some((row) => row.id === id)) this.show();
    this.mark();
    this.onChoose(id);
  }

  mark() {
    for (const node of this.list.querySelectorAll("[aria-selected=true]")) node.setAttribute("aria-selected", "false");
    const node = this.nodes.get(this.chosen);
    if (!node?.isConnected) return this.list.removeAttribute("aria-activedescendant");
    node.setAttribute("aria-selected", "true");
    this.list.setAttribute("aria-activedescendant", node.id);
    this.reveal(node);
  }

  // Scroll the list, and only the list.
  reveal(node) {
    const top = node.offsetTop - this.list.offsetTop;
    const { scrollTop, clientHeight } = this.list;
    if (top < scrollTop) this.list.scrollTop = top;
    else if (top + node.offsetHeight > scrollTop + clientHeight) this.list.scrollTop = top + node.offsetHeight - clientHeight;
  }

  position() {
    return this.shown.findIndex((row) => row.id === this.chosen);
  }

  step(by) {
    const at = this.position();
    const next = this.shown[Math.min(Math.max(at + by, 0), this.shown.length - 1)];
    if (next && next.id !== this.chosen) this.choose(next.id);
  }

  // The next one that waits for this reviewer, below the chosen one first.
  nextToDo() {
    const at = this.position();
    const round = [...this.shown.slice(at + 1), ...this.shown.slice(0, Math.max(at, 0))];
    return round.map((row) => this.rows.get(row.id)).find((row) => row?.todo)?.id ?? null;
  }

  walk(event) {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[event.key];
    if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.step(by);
  }

  tell() {
    const all = [...this.rows.values()].filter((row) => !row.site && !(row.flags.includes("told_same") && !row.todo && row.mine === null));
    this.count.textContent = t("count", { shown: this.shown.length, all: all.length });
    this.done = all.filter((row) => !row.todo).length;
    this.all = all.length;
  }
}
