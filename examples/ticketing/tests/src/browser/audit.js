// What a page owes to people who see little, hear it read, or have no mouse. Returns the faults.
const faults = [];
const say = (rule, element, text) =>
  faults.push(`${rule}: ${text} at <${element.tagName.toLowerCase()}${element.id ? " #" + element.id : ""} class="${element.className.baseVal ?? element.className}"> ${(element.textContent || element.name || "").trim().slice(0, 40)}`);

const shown = (element) => {
  if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return false;
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1;
};

// Colours: what is painted behind, and the ratio of WCAG.
const read = (text) => {
  const numbers = text.match(/[\d.]+/g).map(Number);
  return { r: numbers[0], g: numbers[1], b: numbers[2], a: numbers[3] ?? 1 };
};
const over = (top, below) => ({
  r: top.r * top.a + below.r * (1 - top.a),
  g: top.g * top.a + below.g * (1 - top.a),
  b: top.b * top.a + below.b * (1 - top.a),
  a: 1,
});
const behind = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.push(read(getComputedStyle(at).backgroundColor));
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  let colour = dark ? { r: 18, g: 18, b: 18, a: 1 } : { r: 255, g: 255, b: 255, a: 1 };
  for (const layer of layers.reverse()) colour = over(layer, colour);
  return colour;
};
const luminance = ({ r, g, b }) => {
  const [red, green, blue] = [r, g, b].map((value) => {
    const part = value / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const ratio = (one, other) => {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};

const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || !element || !shown(element) || element.closest("script, style, noscript, .hidden, .skip, [aria-disabled=true]")) continue;
  const style = getComputedStyle(element);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const ground = behind(element);
  const found = ratio(over(read(style.color), ground), ground);
  if (found < (large ? 3 : 4.5)) say("contrast", element, found.toFixed(2));
}
for (const field of document.querySelectorAll("input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea")) {
  if (!shown(field) || field.closest(".hidden")) continue;
  const found = ratio(read(getComputedStyle(field).borderTopColor), behind(field.parentElement));
  if (found < 3) say("contrast of a border", field, found.toFixed(2));
}

// Names.
const named = (element) =>
  [...(element.labels ?? [])].some((label) => label.textContent.trim()) ||
  element.getAttribute("aria-label")?.trim() ||
  (element.getAttribute("aria-labelledby") ?? "").split(" ").some((id) => id && document.getElementById(id)?.textContent.trim());
for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
  if (field.getAttribute("aria-hidden") === "true" || !field.checkVisibility()) continue;
  if (!named(field)) say("name", field, "a field without a label");
}
for (const control of document.querySelectorAll("a[href], button, summary")) {
  if (control.checkVisibility() && !control.textContent.trim() && !control.getAttribute("aria-label")) say("name", control, "nothing to read out");
}
for (const image of document.querySelectorAll("img:not([alt]), svg:not([aria-hidden], [role])")) say("name", image, "an image without a text");

// Structure.
const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) faults.push(`ids: #${id} is there twice`);
for (const element of document.querySelectorAll("[aria-describedby], [aria-labelledby]")) {
  for (const name of ["aria-describedby", "aria-labelledby"]) {
    for (const id of (element.getAttribute(name) ?? "").split(" ")) if (id && !document.getElementById(id)) say("ids", element, `#${id} is not there`);
  }
}
const headings = [...document.querySelectorAll("h1, h2, h3, h4")].filter((heading) => heading.checkVisibility());
if (headings.filter((heading) => heading.tagName === "H1").length !== 1) faults.push("headings: not one first heading");
headings.reduce((before, heading) => {
  const level = Number(heading.tagName[1]);
  if (level > before + 1) say("headings", heading, "a level is left out");
  return level;
}, 0);
if (!document.documentElement.lang) faults.push("language: the page does not say its own");
if (!document.title.trim()) faults.push("title: the page has none");
if (document.querySelectorAll("main").length !== 1) faults.push("landmarks: not one main part");
for (const nav of document.querySelectorAll("nav")) if (!nav.getAttribute("aria-label") && !nav.getAttribute("aria-labelledby")) say("landmarks", nav, "a navigation without a name");

// Room: nothing to scroll sideways, and targets that a finger meets.
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
if (wide > 0) faults.push(`room: the page is ${wide} px too wide`);
for (const target of document.querySelectorAll("button, summary, input:not([type=hidden], [type=radio]), header a, .button, label.choice")) {
  if (!shown(target) || target.closest(".hidden, .skip")) continue;
  const box = target.getBoundingClientRect();
  if (box.height < 24 || box.width < 24) say("room", target, `${box.width.toFixed(0)} by ${box.height.toFixed(0)} px`);
}
return faults;
