// Every sentence the page says, in one place: another language is another file like this one.
// {braces} are filled in; nothing here is ever taken as HTML.

export const words = {
  review: "Review",
  skip: "To the verdict",
  signed_in: "You are {who}",
  blind: "blind: two must judge each layout",
  single: "one reviewer settles a layout",
  progress_label: "Layouts done",
  done: "{done} of {all} done",
  undo: "Undo",
  redo: "Redo",
  agreement: "Agreement",
  keys: "Keys",
  close: "Close",
  queue: "Queue of layouts",
  show: "Show",
  order: "Order",
  count: "{shown} of {all} layouts",
  map: "Map",
  map_label: "Map of the layout; arrow keys move it, plus and minus zoom",
  layout: "The layout",
  verdict: "Verdict",
  kind: "Looks like",
  corroboration: "Stands by",
  note: "Why (note)",
  tags: "Tags, with commas",
  unsaid: "not said",
  save_note: "Save note only",
  edit_outline: "Edit outline",
  draw_outline: "Draw new",
  editing: "Editing the outline",
  edit_how: "Drag corners, or Tab to one and use arrow keys (Shift: 5 m). Insert adds, Delete removes a corner.",
  edit_save: "Save outline",
  edit_cancel: "Cancel",
  corner: "Corner {n} of {all}",
  add_corner: "Add corner",
  remove_corner: "Remove corner",
  strip: "Pictures of this place, by date",
  legend: "What is drawn",
  swipe_label: "Left picture up to",
  date_unknown: "date not known",
  metres: "{gsd} m a pixel",
  north: "North is up",
  no_picture: "This picture cannot be read here; the outlines are shown without it.",
  before: "before",
  after: "after",
  blink: "Other date",
  swipe: "Swipe",
  fit: "Fit",
  heat: "Scored",
  heat_none: "nothing",
  wall: "Walls",
  building: "Buildings",
  yard: "Enclosed ground",
  outline: "Outline",
  others: "Other layouts",
  site: "Sites",
  changes: "Changes",
  rank: "No. {rank}",
  may_be: "may be {name}",
  score: "Score {score}",
  hidden: "Score hidden until two have judged",
  drawn: "Drawn by a reviewer",
  site_row: "Site without a layout",
  site_panel: "Nothing was found at this registered site. Look, and draw a layout if you see one.",
  where: "Where",
  why: "Why this score",
  why_not: "No reasons were given.",
  cannot: "What cannot be told",
  speaks_for: "for",
  speaks_against: "against",
  measured: "What was measured",
  match: "Register of sites",
  picture: "Seen in",
  said: "What was said",
  nothing_said: "Nothing yet.",
  lead: "A score is a likeness, not a finding. A flag is a lead for people to follow.",
  settle: "Two reviewers differ. A third person settles it: say why in the note, then choose.",
  settle_yours: "Two reviewers differ, and you are one of them. Better let a third person settle it.",
  status_open: "To judge",
  status_half: "You have judged; a second person must",
  status_disagreed: "Two verdicts differ",
  status_judged: "Judged",
  status_adjudicated: "Settled",
  mine: "your verdict: {verdict}",
  what_judge: "{who}: {verdict}",
  what_adjudicate: "{who} settled: {verdict}",
  what_remark: "{who} remarked",
  with_outline: "moved the outline",
  saved: "Saved: {verdict}, {id}.",
  saved_note: "Saved for {id}.",
  settled: "Settled: {verdict}, {id}.",
  undone: "Undone: {id}.",
  redone: "Brought back: {id}.",
  all_done: "Nothing is left to judge here.",
  now: "Layout {n} of {all}: {name}",
  others_said: "Others judged {n} meanwhile.",
  lost: "The review program does not answer. What you typed is kept here; start it again with the same command.",
  need_note: "Say in the note why, then choose again.",
  agreement_title: "How far reviewers agree",
  kappa: "Kappa is 1 for full agreement and 0 for what chance alone would give. It is counted over the first two reviewers of each layout.",
  help_title: "Keys",
  keys_on: "Single keys act at once",
  filter_todo: "To judge",
  filter_all: "All layouts",
  filter_new: "Not in the register",
  filter_known: "At a known site",
  filter_ambiguous: "Unclear match",
  filter_changed: "Changed",
  filter_cannot_tell: "Cannot tell",
  filter_disagreed: "Two verdicts differ",
  filter_mine: "Judged by me",
  filter_drawn: "Drawn by reviewers",
  filter_not_detected: "Sites, nothing found",
  order_given: "Strongest first",
  order_blind: "No order (blind)",
  order_doubt: "Most doubtful first",
  order_place: "North to south",
  key_next: "next layout", key_previous: "previous layout", key_todo: "next to judge",
  key_verdict: "{verdict}, and on to the next", key_kind: "what it looks like",
  key_corroboration: "how well it stands", key_note: "write a note (Esc: back)",
  key_undo: "undo your latest word", key_redo: "bring it back", key_fit: "whole layout",
  key_outline: "outline on or off", key_walls: "walls on or off", key_roofs: "buildings on or off",
  key_yards: "enclosed ground on or off", key_blink: "the other date", key_swipe: "swipe two dates",
  key_picture: "earlier, later picture", key_edit: "edit the outline", key_draw: "draw a new layout",
  key_queue: "to the queue", key_map: "to the map", key_help: "these keys",
};

export function t(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// Fill in what stands in the page itself.
export function fill(root = document) {
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", t(node.dataset.label));
  }
}

// Make an element.  Text is text: names from files never become markup.
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}
