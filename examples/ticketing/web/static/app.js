// What the pages do beyond HTML: local times, the countdown, the live order, one press one order.
// Everything here is a convenience; without it the pages work by forms and links.
"use strict";

// The server's clock less ours, in milliseconds. Remaining time is always computed from it and from
// now, never counted down, so that it is right after the machine has slept.
let offset = Number(document.body.dataset.now) - Date.now();
const serverNow = () => Date.now() + offset;

function localTimes(root) {
  const day = (time) => time.toDateString();
  for (const element of root.querySelectorAll("time[datetime]")) {
    const time = new Date(element.dateTime);
    if (Number.isNaN(time.getTime())) continue;
    const today = day(time) === day(new Date());
    const form = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
    const text = new Intl.DateTimeFormat(undefined, form).format(time);
    // Where the day is plain, such as that of a hold of minutes, it is not said.
    const word = element.previousSibling?.textContent.trim() ? "today" : "Today";
    element.textContent = today && !("clock" in element.dataset) ? `${word}, ${text}` : text;
    element.title = time.toUTCString();
  }
}

function words(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return (hours ? `${hours}:${two(minutes)}` : minutes) + `:${two(seconds % 60)}`;
}

function countdown() {
  const element = document.querySelector("[data-expires]");
  if (!element) return;
  const left = Number(element.dataset.expires) - serverNow();
  element.hidden = false;
  element.textContent = left > 0 ? `${words(left)} left` : "The time is over";
  element.classList.toggle("soon", left < 60_000);
  if (left <= 0) live.look(1000);
}

// The order page: the server says by an event stream that the order has changed; the page then
// fetches itself and swaps the part that shows the state. Where the stream does not work it asks
// again from time to time.
const live = {
  timer: 0,
  stream: null,

  part: () => document.getElementById("live"),

  start() {
    const part = live.part();
    if (!part || "over" in part.dataset) return;
    if (!live.stream && window.EventSource) {
      const stream = new EventSource(`/api/orders/${part.dataset.order}/events`);
      live.stream = stream;
      stream.addEventListener("order", (event) => {
        if (event.lastEventId !== live.part().dataset.version) live.look(0);
      });
      stream.addEventListener("error", () => {
        if (stream.readyState !== EventSource.CLOSED) return;
        live.stream = null;
        live.look(3000);
      });
    }
    // A payment under way may settle without a change of the order's version.
    if (part.dataset.status === "created" || ["pending", "processing", "succeeded"].includes(part.dataset.payment)) {
      live.look(2000);
    }
  },

  look(delay) {
    if (live.timer) {
      if (delay > 0) return;
      clearTimeout(live.timer);
    }
    live.timer = setTimeout(async () => {
      try {
        await live.fetch();
      } catch {
        // The network is away; the next look may find it again.
      }
      live.timer = 0;
      live.start();
    }, delay);
  },

  async fetch() {
    const path = `/orders/${live.part().dataset.order}`;
    const response = await fetch(path, { headers: { accept: "text/html" }, credentials: "same-origin" });
    if (response.redirected) return location.assign(path);
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    offset = Number(page.body.dataset.now) - Date.now();
    const fresh = page.getElementById("live");
    const old = live.part();
    const same = ["status", "version", "payment"].every((name) => fresh.dataset[name] === old.dataset[name]);
    if (same) return;
    const focused = old.contains(document.activeElement);
    old.replaceWith(fresh);
    localTimes(fresh);
    countdown();
    once(fresh);
    document.dispatchEvent(new CustomEvent("live"));
    document.getElementById("announce").textContent = fresh.querySelector(".state").textContent;
    if (focused) document.getElementById("main").focus();
    if ("over" in fresh.dataset && live.stream) {
      live.stream.close();
      live.stream = null;
    }
  },
};

// A second press while the first is on its way does nothing.
function once(root) {
  for (const form of root.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "yes";
      form.querySelector("button")?.setAttribute("aria-disabled", "true");
    });
  }
}

// A page that comes back from the browser's memory may press again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("button")?.removeAttribute("aria-disabled");
  }
  if (live.part()) live.look(0);
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  countdown();
  if (live.part() && !("over" in live.part().dataset)) live.look(0);
});

localTimes(document);
once(document);
countdown();
setInterval(countdown, 500);
live.start();
(document.querySelector("[aria-invalid=true]") ?? document.querySelector("[data-focus]"))?.focus();
