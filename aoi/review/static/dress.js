// Buttons, switches and dialogs of the page, and the key that does the same as each.

import * as api from "./api.js";
import { beside, edit, find, judge, mode, place, queue, remark, state, stepPicture, table, tell, undo } from "./main.js";
import { make, t } from "./words.js";

const SWITCHES = { outline: "o", building: "r", wall: "w", yard: "y", others: "", site: "", changes: "" };
const HIDDEN = ["yard"]; // off until asked for: it veils what lies below

// Show something over the page; Esc closes it.
function dialog(title, ...body) {
  find("dialog_title").textContent = title;
  find("dialog_body").replaceChildren(...body);
  find("dialog").showModal();
}

async function agreement() {
  try {
    const { sentence } = await api.agreement();
    dialog(t("agreement_title"), make("p", {}, sentence), make("p", { class: "quiet" }, t("kappa")));
  } catch (error) {
    dialog(t("agreement_title"), make("p", {}, error instanceof api.Lost ? t("lost") : error.message));
  }
}

const help = () => dialog(t("help_title"), table());

// The words of a key: of a layout, and of a change where they are others.
const asked = (run, n) => [...new Set(Object.values(run.choices).map(({ verdicts }) => run.verdicts[verdicts[n]]))].join(" / ");

// Give every verdict its button.
function verdicts(run) {
  find("verdicts").replaceChildren(...run.choices.layout.verdicts.map((verdict, n) =>
    make("button", { "data-verdict": verdict, "aria-keyshortcuts": String(n + 1), on: { click: () => judge(n) } },
      make("kbd", { "aria-hidden": "true" }, String(n + 1)), make("span", {}, run.verdicts[verdict]))));
}

// Say what is drawn with which line, and let each be switched off.
function legend(run) {
  const boxes = Object.entries(SWITCHES).filter(([name]) => name !== "changes" || run.runs.some(({ pair }) => pair)).map(([name, key]) => {
    const box = make("input", { type: "checkbox", id: `show_${name}`, checked: !HIDDEN.includes(name), "aria-keyshortcuts": key || null });
    box.addEventListener("change", () => {
      place.toggle(name, box.checked);
      if (name === "outline") beside.outlines(box.checked);
    });
    place.toggle(name, !HIDDEN.includes(name));
    return make("label", {}, box, make("span", { class: `line ${name}`, "aria-hidden": "true" }), t(name));
  });
  const heat = make("select", { id: "heat" }, make("option", { value: "" }, t("heat_none")),
    ...Object.entries(run.heads).map(([head, { name }]) => make("option", { value: head }, name)),
    make("option", { value: "escape" }, t("escape")));
  heat.addEventListener("change", () => place.score(heat.value));
  const button = (id, word, act, key) => make("button", { id, "aria-keyshortcuts": key, on: { click: act } }, t(word));
  const pairing = button("pairing", "pairing", () => mode("beside"), "p");
  const dates = [pairing, button("blink", "blink", () => mode("two"), "b"), button("swiping", "swipe", () => mode("swipe"), "s")];
  find("legend").replaceChildren(...boxes, make("label", {}, t("heat"), " ", heat), button("fit", "fit", () => place.fit(), "f"),
    ...(run.pictures.length > 1 ? dates : dates.map((one) => Object.assign(one, { hidden: true }))));
}

function flip(name) {
  find(`show_${name}`).click();
}

// The cost of leaving on or off; whatever else was scored goes.
function leaving() {
  const heat = find("heat");
  if (heat.disabled || !state.layout?.ways) return;
  if (place.mode === "beside") mode("beside");
  heat.value = heat.value === "escape" ? "" : "escape";
  place.score(heat.value);
}

function goOn() {
  const next = queue.nextToDo();
  if (next) queue.choose(next);
  else tell(t("all_done"));
}

// Wire everything up; return the keys.
export function dress() {
  const { run } = state;
  verdicts(run);
  legend(run);
  find("undo").addEventListener("click", () => undo(false));
  find("redo").addEventListener("click", () => undo(true));
  find("agree").addEventListener("click", agreement);
  find("help").addEventListener("click", help);
  find("save").addEventListener("click", () => remark());
  find("edit").addEventListener("click", () => edit(false));
  find("draw").addEventListener("click", () => edit(true));
  find("dialog_close").addEventListener("click", () => find("dialog").close());
  find("swipe_at").addEventListener("input", (event) => place.swipeTo(event.target.value));
  find("note").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) remark();
  });
  const focus = (id) => () => find(id).focus();
  return [
    { key: "j", words: t("key_next"), act: () => queue.step(1) },
    { key: "k", words: t("key_previous"), act: () => queue.step(-1) },
    { key: "g", words: t("key_todo"), act: goOn },
    ...run.choices.layout.verdicts.map((verdict, n) => ({ key: String(n + 1), words: t("key_verdict", { verdict: asked(run, n) }), act: () => judge(n) })),
    { key: "t", words: t("key_kind"), act: focus("kind") },
    { key: "c", words: t("key_corroboration"), act: focus("corroboration") },
    { key: "n", words: t("key_note"), act: focus("note") },
    { key: "z", words: t("key_undo"), act: () => undo(false) },
    { key: "Z", words: t("key_redo"), act: () => undo(true) },
    { key: "f", words: t("key_fit"), act: () => place.fit() },
    { key: "o", words: t("key_outline"), act: () => flip("outline") },
    { key: "w", words: t("key_walls"), act: () => flip("wall") },
    { key: "r", words: t("key_roofs"), act: () => flip("building") },
    { key: "y", words: t("key_yards"), act: () => flip("yard") },
    { key: "b", words: t("key_blink"), act: () => mode("two") },
    { key: "s", words: t("key_swipe"), act: () => mode("swipe") },
    { key: "p", words: t("key_pairing"), act: () => mode("beside") },
    { key: "l", words: t("key_leaving"), act: leaving },
    { key: "[ ]", words: t("key_picture"), acts: { "[": () => stepPicture(-1), "]": () => stepPicture(1) } },
    { key: "e", words: t("key_edit"), act: () => edit(false) },
    { key: "d", words: t("key_draw"), act: () => edit(true) },
    { key: "q", words: t("key_queue"), act: focus("rows") },
    { key: "m", words: t("key_map"), act: focus("map") },
    { key: "?", words: t("key_help"), act: help },
  ];
}
