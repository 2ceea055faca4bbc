// The review page: puts queue, map and words together, and sends what the reviewer says.

import * as api from "./api.js";
import { Beside } from "./beside.js";
import { Editor } from "./edit.js";
import { Keys } from "./keys.js";
import { captionOf, Place, stripOf } from "./map.js";
import { Form, wordsOf } from "./panel.js";
import { nameOf, Queue } from "./queue.js";
import { fill, make, t } from "./words.js";

const POLL = 4000; // milliseconds between looks at what others said
const find = (id) => document.getElementById(id);
const state = { run: null, layout: null, count: "", first: 0, second: null, busy: false, news: "" };
let queue, place, form, editor, keys, beside;

// Say what happened: aloud to a screen reader, and for a while on the page.
let fading;
function tell(sentence) {
  find("live").textContent = sentence;
  find("live").classList.remove("faded");
  clearTimeout(fading);
  fading = setTimeout(() => find("live").classList.add("faded"), 4000);
}

function warn(sentence) {
  find("alert").textContent = sentence;
  find("alert").hidden = !sentence;
}

// Do something that asks the program; a refusal is a sentence on the page, never a silence.
async function trying(act) {
  if (state.busy) return false;
  state.busy = true;
  try {
    await act();
    warn("");
    return true;
  } catch (error) {
    warn(error instanceof api.Lost ? t("lost") : error.message);
    return false;
  } finally {
    state.busy = false;
  }
}

async function open(id) {
  document.body.dataset.layout = id;
  let layout;
  try {
    layout = await api.layout(id);
  } catch (error) {
    warn(error instanceof api.Lost ? t("lost") : error.message);
    return;
  }
  if (queue.chosen !== id) return; // the reviewer has moved on
  if (editor.on) editor.end();
  state.layout = layout;
  [state.second, state.first] = layout.dates ?? [null, layout.sights[0] ?? null];
  if (!layout.dates) state.second = other(layout.sights, state.first);
  find("unseen").hidden = true;
  if (place.mode === "beside" || place.mode === "two") place.mode = "one";
  place.show(layout, state.first, state.second);
  if (layout.dates && place.mode === "one") place.setMode("beside");
  paintPictures();
  paintWords();
  form.show(layout, state.run.who);
  const n = queue.position() + 1;
  const now = n ? t("now", { n, all: queue.shown.length, name: layout.change ? `${layout.told.change} ${layout.called}` : nameOf(layout) }) : "";
  tell([state.news, now].filter(Boolean).join(" "));
  state.news = "";
  document.body.dataset.shown = id;
  if (scrollY > find("place").offsetTop) find("place").scrollIntoView(); // one below the other
  ahead();
}

// The picture before it in time, else the one after.
function other(sights, number) {
  const byTime = [...sights].sort((one, two) => one - two);
  const at = byTime.indexOf(number);
  return byTime[at - 1] ?? byTime[at + 1] ?? null;
}

// Fetch the next layout's chip, so that it is there before it is asked for.
function ahead() {
  const next = queue.shown[queue.position() + 1];
  const number = state.first;
  if (next?.run === state.layout.run && number !== null && state.run.pictures[number].there) new Image().src = api.chipOf(number, next.id);
}

function paintPictures() {
  const { run, layout, first, second } = state;
  const both = place.mode === "swipe" && second !== null;
  beside.show(place.mode === "beside", layout, run);
  const shown = captionOf(run.pictures[place.shownPicture() ?? first]);
  find("caption").textContent = both ? `${captionOf(run.pictures[second])} | ${shown}` : `${shown} · ${t("north")}`;
  find("caption").hidden = place.mode === "beside";
  find("swipe").hidden = place.mode !== "swipe";
  find("pairing").hidden = !layout.dates;
  find("pairing").setAttribute("aria-pressed", String(place.mode === "beside"));
  find("strip").hidden = layout.sights.length < 2;
  find("strip").replaceChildren(...(layout.sights.length < 2 ? [] : stripOf(run, layout, place.shownPicture() ?? first, choosePicture)));
  for (const id of ["blink", "swiping"]) find(id).disabled = second === null;
  find("blink").setAttribute("aria-pressed", String(place.mode === "two"));
  find("swiping").setAttribute("aria-pressed", String(place.mode === "swipe"));
  find("heat").disabled = layout.hidden;
  find("heat").querySelector("[value=escape]").disabled = !layout.ways;
}

function choosePicture(number) {
  state.first = number;
  state.second = other(state.layout.sights, number);
  find("unseen").hidden = true;
  place.mode = "one";
  place.show(state.layout, state.first, state.second);
  paintPictures();
}

function stepPicture(by) {
  const byTime = [...(state.layout?.sights ?? [])].sort((one, two) => one - two);
  const number = byTime[byTime.indexOf(state.first) + by];
  if (number !== undefined) choosePicture(number);
}

function mode(wanted) {
  if (wanted === "beside" && !state.layout?.dates) return;
  place.setMode(place.mode === wanted ? "one" : wanted);
  if (state.layout) paintPictures();
}

function paintWords() {
  const { layout, run } = state;
  find("name").textContent = [layout.change ? layout.told.change : nameOf(layout), layout.area].filter(Boolean).join(", ");
  const mine = layout.mine && layout.mine !== layout.verdict ? t("mine", { verdict: run.verdicts[layout.mine] }) : "";
  const verdict = layout.verdict ? run.verdicts[layout.verdict] : "";
  find("state").textContent = layout.site ? t("site_row") : [t(`status_${layout.status}`), verdict, mine, layout.called, run.runs.length > 1 ? run.runs[layout.run].folder : ""].filter(Boolean).join(" · ");
  const { verdicts } = run.choices[layout.change ? "change" : "layout"];
  for (const [n, button] of [...find("verdicts").querySelectorAll("button")].entries()) {
    button.dataset.verdict = verdicts[n];
    button.lastChild.textContent = run.verdicts[verdicts[n]];
    button.disabled = layout.site;
    button.setAttribute("aria-pressed", String(button.dataset.verdict === (layout.verdict ?? layout.mine)));
  }
  find("edit").disabled = layout.site || Boolean(layout.change);
  const differ = layout.status === "disagreed" ? make("p", { class: "doubt" }, t(layout.mine ? "settle_yours" : "settle")) : null;
  find("words").replaceChildren(...[differ, ...wordsOf(layout, run)].filter(Boolean));
}

function progress() {
  find("bar").max = Math.max(queue.all, 1);
  find("bar").value = queue.done;
  find("done").textContent = t("done", { done: queue.done, all: queue.all });
}

function took(answer) {
  state.count = answer.count;
  queue.update(answer.rows, answer.gone);
  progress();
}

// Verdicts are chosen by their place: what is asked of a layout is not asked of a change.
function judge(n) {
  const { layout, run } = state;
  if (!layout || layout.site || queue.chosen !== layout.id) return;
  const verdict = run.choices[layout.change ? "change" : "layout"].verdicts[n];
  const settle = layout.status === "disagreed";
  const words = form.said();
  if (settle && !words.note) {
    warn(t("need_note"));
    find("note").focus();
    return;
  }
  const next = queue.nextToDo();
  trying(async () => {
    took(await api.say({ candidate: layout.id, verdict, settle, since: state.count, ...words }));
    form.forget(layout.id);
    state.news = t(settle ? "settled" : "saved", { verdict: run.verdicts[verdict], id: layout.called });
    if (!next) state.news += ` ${t("all_done")}`;
    if (next && !settle) queue.choose(next);
    else await open(layout.id);
  });
}

function remark(extra = {}) {
  const { layout } = state;
  const { note, tags } = form.said();
  return trying(async () => {
    const answer = await api.say({ candidate: layout.id, note, tags, since: state.count, run: layout.run, ...extra });
    took(answer);
    form.forget(layout.id);
    state.news = t("saved_note", { id: answer.layout });
    if (answer.layout === layout.id) await open(layout.id);
    else queue.choose(answer.layout);
  });
}

function undo(again) {
  return trying(async () => {
    const answer = await api.undo({ again, since: state.count });
    took(answer);
    state.news = t(again ? "redone" : "undone", { id: answer.layout });
    if (queue.rows.has(answer.layout)) queue.choose(answer.layout);
    else tell(state.news);
  });
}

function edit(fresh) {
  const { layout } = state;
  if (!layout || ((layout.site || layout.change) && !fresh)) return;
  if (place.mode === "beside") mode("beside"); // corners are on the map
  state.drawing = fresh;
  const [ring] = layout.edited ?? layout.outline;
  editor.start(fresh ? editor.square() : ring.slice(0, -1));
}

async function poll() {
  if (document.hidden || state.busy) return;
  try {
    const answer = await api.changes(state.count);
    if (answer.count === state.count) return;
    took(answer);
    const here = answer.rows.find((row) => row.id === state.layout?.id);
    if (here && !editor.on) {
      state.layout = await api.layout(here.id);
      paintWords();
    }
    tell(t("others_said", { n: answer.rows.length }));
    if (find("alert").textContent === t("lost")) warn("");
  } catch (error) {
    warn(error instanceof api.Lost ? t("lost") : error.message);
  }
}

export { beside, edit, find, judge, mode, place, queue, remark, state, stepPicture, tell, undo };

async function begin() {
  fill();
  state.run = await api.run();
  const { run } = state;
  const { dress } = await import("./dress.js");
  find("title").textContent = run.title;
  find("who").textContent = `${t("signed_in", { who: run.who })} · ${t({ two_blind: "blind", mixed: "mixed" }[run.rules] ?? "single")}`;
  place = new Place(find("map"), run, (sentence) => {
    find("unseen").textContent = sentence;
    find("unseen").hidden = !sentence;
  });
  beside = new Beside(find("beside"), find("map"));
  form = new Form(run);
  queue = new Queue({ list: find("rows"), filter: find("filter"), order: find("order"), count: find("count"), run, onChoose: open });
  editor = new Editor(place, find("editing"), (outline) => remark({ outline, ...(state.drawing ? { candidate: "" } : {}) }), () => find("rows").focus({ preventScroll: true }));
  keys = new Keys(dress());
  const { count, rows } = await api.queue();
  state.count = count;
  queue.fill(rows);
  progress();
  if (!queue.shown.length) {
    find("filter").value = "all";
    queue.show();
  }
  if (queue.shown.length) queue.choose(queue.shown[0].id);
  else tell(t("all_done"));
  find("rows").focus({ preventScroll: true });
  setInterval(poll, POLL);
  addEventListener("focus", poll);
  document.body.dataset.ready = "yes";
}

export const table = () => keys.table();

begin().catch((error) => warn(error instanceof api.Lost ? t("lost") : error.message));
