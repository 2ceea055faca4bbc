// What is known of the layout, in words: why it was flagged, what the register says, who said what.

import { make, t } from "./words.js";

// The words of one layout, best first; nothing of the score where it is hidden.
export function wordsOf(layout, run) {
  const parts = [];
  if (layout.site) parts.push(make("p", {}, t("site_panel")));
  if (layout.hidden && !layout.site) parts.push(make("p", { class: "quiet" }, t("hidden") + "."));
  if (layout.judged?.cannot_tell) parts.push(section("cannot", make("p", { class: "doubt" }, layout.judged.cannot_tell)));
  if (layout.judged?.reasons) parts.push(section("why", ...why(layout, run)));
  if (layout.change) parts.push(section("told_change", ...change(layout)));
  if (layout.told.outcome) parts.push(section("match", ...match(layout)));
  if (layout.judged?.numbers?.length) parts.push(folded("measured", numbers(layout.judged.numbers)));
  parts.push(section("said", said(layout.said, run)));
  if (layout.told.where) parts.push(section("where", make("p", {}, layout.told.where)));
  if (layout.told.picture) parts.push(section("picture", make("p", {}, layout.told.picture)));
  return parts;
}

// What was told of two dates, and what weakens it; that is of the score, and may be hidden.
function change(layout) {
  const { told, judged } = layout;
  return [
    make("p", {}, make("b", {}, told.change), layout.score === null ? "" : ` (${layout.score.toFixed(2)})`, `. ${told.meaning}`),
    told.bracket ? make("p", {}, told.bracket) : null,
    judged?.note ? make("p", { class: "doubt" }, judged.note) : null,
    judged?.shift ? make("p", { class: "quiet" }, t("shift", { metres: judged.shift })) : null,
    told.belongs ? make("p", { class: "quiet" }, t("belongs", { id: told.belongs })) : null,
    make("p", { class: "quiet" }, t("lead_change")),
  ];
}

function section(key, ...children) {
  return make("section", {}, make("h3", {}, t(key)), ...children);
}

function folded(key, child) {
  return make("details", {}, make("summary", {}, t(key)), child);
}

function why(layout, run) {
  const likeness = run.likeness[layout.likeness];
  const reasons = layout.judged.reasons.map((reason) =>
    make("li", { class: reason.for ? "for" : "against" },
      make("span", { class: "sign", "aria-hidden": "true" }, reason.for ? "+" : "−"),
      make("span", { class: "spoken" }, `${t(reason.for ? "speaks_for" : "speaks_against")}: `),
      reason.text));
  return [
    likeness ? make("p", {}, make("b", {}, likeness.name), layout.score === null ? "" : ` (${layout.score.toFixed(2)})`, `. ${likeness.meaning}`) : null,
    reasons.length ? make("ul", { class: "reasons" }, ...reasons) : make("p", {}, t("why_not")),
    make("p", { class: "quiet" }, t("lead")),
  ];
}

function match(layout) {
  const { outcome, name, match: note } = layout.told;
  return [make("p", {}, make("b", {}, outcome ?? ""), name ? `: ${name}` : ""), note ? make("p", {}, note) : null];
}

function numbers(rows) {
  return make("table", {}, make("tbody", {}, ...rows.map(([name, value, meaning]) =>
    make("tr", {}, make("th", { scope: "row", title: meaning }, name), make("td", {}, value)))));
}

function said(entries, run) {
  if (!entries.length) return make("p", { class: "quiet" }, t("nothing_said"));
  return make("ol", { class: "said" }, ...[...entries].reverse().map((entry) => {
    const more = [run.kinds[entry.kind], run.corroborations[entry.corroboration], entry.outline ? t("with_outline") : "", ...entry.tags.map((tag) => `#${tag}`)];
    return make("li", {},
      make("b", {}, t(`what_${entry.what}`, { who: entry.who, verdict: run.verdicts[entry.verdict] })),
      make("time", { datetime: entry.at }, entry.at.slice(0, 16).replace("T", " ")),
      make("span", { class: "quiet" }, more.filter(Boolean).join(", ")),
      entry.note ? make("q", {}, entry.note) : null);
  }));
}

// The fields that go with a verdict; what is typed for a layout waits there until it is said.
export class Form {
  constructor(run) {
    this.fields = Object.fromEntries(["kind", "corroboration", "note", "tags"].map((id) => [id, document.getElementById(id)]));
    this.run = run;
    this.offer("corroboration", Object.entries(run.corroborations));
    this.offer("kind", []);
    this.drafts = new Map();
    for (const field of Object.values(this.fields)) field.addEventListener("input", () => this.keep());
  }

  offer(id, values) {
    this.fields[id].replaceChildren(make("option", { value: "" }, t("unsaid")), ...values.map(([value, name]) => make("option", { value }, name)));
  }

  keep() {
    this.drafts.set(this.id, this.values());
  }

  values() {
    return Object.fromEntries(Object.entries(this.fields).map(([id, field]) => [id, field.value]));
  }

  // Show the draft for a layout, or what this reviewer said last.
  show(layout, who) {
    this.id = layout.id;
    const { kinds } = this.run.choices[layout.change ? "change" : "layout"];
    this.offer("kind", kinds.map((key) => [key, this.run.kinds[key]]));
    const own = layout.said.filter((entry) => entry.who === who && entry.verdict).at(-1);
    const draft = this.drafts.get(layout.id) ?? { kind: own?.kind ?? "", corroboration: own?.corroboration ?? "", note: "", tags: "" };
    for (const [id, field] of Object.entries(this.fields)) field.value = draft[id];
  }

  forget(id) {
    this.drafts.delete(id);
  }

  // What is sent: empty fields say nothing.
  said() {
    const { kind, corroboration, note, tags } = this.values();
    return { kind: kind || null, corroboration: corroboration || null, note: note.trim(), tags: tags.split(",").map((tag) => tag.trim()).filter(Boolean) };
  }
}
