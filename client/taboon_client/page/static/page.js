// The one script of the page. It keeps the token, fetches what the local process has rendered and escaped, and puts it
// in place through one trusted-types policy. It asks nobody else, writes nothing but the token, and holds no history
// that a browser would keep: where one has been is a list in memory.
"use strict";
(() => {
  const policy = window.trustedTypes
    ? trustedTypes.createPolicy("page", { createHTML: (html) => html })
    : { createHTML: (html) => html };
  const $ = (id) => document.getElementById(id);
  const kept = sessionStorage;
  const doorForm = document.importNode($("main"), true);
  let token = kept.getItem("token");
  let language = kept.getItem("language") || ((navigator.language || "").startsWith("ar") ? "ar" : "en");
  let been = ["/home"];
  let at = 0;
  let shown = "";
  let waiting = null; // the fetch of a view under way; a newer one aborts it
  let leaving = false; // the page is being closed or loaded anew
  let stale = false; // news came while somebody waited for a view
  let lastUse = 0;

  // --- asking

  async function ask(path, form, signal) {
    const headers = { "Accept-Language": language };
    if (token) headers.Authorization = "Taboon " + token;
    const init = { headers, signal, cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" };
    if (form) {
      headers["Content-Type"] = "application/json";
      init.method = "POST";
      init.body = JSON.stringify(form);
    }
    return fetch(path, init);
  }

  async function enter(code) {
    const answer = await ask("/enter", { code });
    if (!answer.ok) return false;
    const got = await answer.json();
    token = got.token;
    kept.setItem("token", got.token);
    kept.setItem("ticket", got.next);
    return true;
  }

  // --- showing

  function put(place, html) {
    place.innerHTML = policy.createHTML(html);
  }

  function say(text, problem) {
    const line = $("say");
    line.textContent = text || "";
    line.className = problem ? "problem" : text ? "good" : "";
  }

  function face(to) {
    face.code = to;
    document.documentElement.lang = to;
    document.documentElement.dir = to === "ar" ? "rtl" : "ltr";
  }

  function blank() {
    shown = "";
    say("");
    $("page").replaceChildren();
  }

  // Whether somebody is in the middle of something that a redraw would take away.
  function busy() {
    const main = $("main");
    if (!main) return false;
    if (main.querySelector("[data-keep]")) return true;
    for (const field of main.querySelectorAll("input, textarea, select")) {
      if (field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
        : field.type === "file" ? field.files.length
        : field.multiple ? [...field.options].some((one) => one.selected !== one.defaultSelected)
        : field.tagName === "SELECT" ? field.options.length && field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected))
        : field.value !== field.defaultValue) return true;
    }
    return false;
  }

  function draw(html, quietly) {
    if (quietly && html === shown) return;
    const open = quietly ? [...document.querySelectorAll("details[open][id]")].map((one) => one.id) : [];
    const focused = quietly && document.activeElement && document.activeElement.id;
    const [x, y] = [scrollX, scrollY];
    shown = html;
    put($("page"), html);
    for (const id of open) if ($(id)) $(id).open = true;
    for (const field of document.querySelectorAll("input[type^=date][value]:not([value=''])")) inWords(field);
    if (quietly) {
      if (focused && $(focused)) $(focused).focus({ preventScroll: true });
      scrollTo(x, y);
    } else {
      scrollTo(0, 0);
      const first = document.querySelector("[data-first]") || $("main");
      if (first) first.focus({ preventScroll: true });
    }
  }

  async function show(path, quietly) {
    // What somebody has asked for comes first: news waits until it is there.
    if (quietly && waiting && !waiting.quietly) { stale = true; return; }
    if (waiting) waiting.abort();
    const mine = (waiting = new AbortController());
    mine.quietly = quietly;
    try {
      const answer = await ask(path, null, mine.signal);
      const html = await answer.text();
      if (mine.signal.aborted) return;
      waiting = null;
      if (answer.status === 404) return gone();
      face(answer.headers.get("Content-Language") || language);
      if (quietly && html !== shown && busy()) $("news").hidden = false;
      else draw(html, quietly);
      if (stale) { stale = false; show(been[at], true); }
    } catch (error) {
      if (mine.signal.aborted) return;
      waiting = null;
      gone();
    }
  }

  function go(path) {
    been = [...been.slice(0, at + 1), path];
    at = been.length - 1;
    history.pushState(at, "");
    say("");
    return show(path);
  }

  // --- the door

  // Something failed. If the process does not know us any more, nothing stays; else it is said, and all stays.
  async function gone() {
    const answer = await ask("/used", {}).catch(() => null);
    if (!answer || !answer.ok) return atDoor();
    say($("failed") ? $("failed").textContent : "", true);
  }

  async function atDoor() {
    blank();
    // A reload ends the stream too, and is no lock: whoever is still here a moment later was not leaving.
    if (leaving) return setTimeout(() => { leaving = false; atDoor(); }, 1000);
    token = null;
    kept.removeItem("token");
    face("en");
    const ticket = kept.getItem("ticket");
    if (ticket) {
      kept.removeItem("ticket");
      // The process that ends may still answer, and the one that takes over may still be starting.
      for (const pause of [0, 300, 600, 1200]) {
        await new Promise((done) => setTimeout(done, pause));
        if (await enter(ticket).catch(() => false)) return begin();
      }
    }
    $("page").replaceChildren(document.importNode(doorForm, true));
    $("code").focus();
  }

  function begin() {
    been = ["/home"];
    at = 0;
    history.replaceState(0, "", "/");
    listen();
    return show("/home");
  }

  // News comes as lines of a fetch that never ends. When it does end, the process is locked or gone: nothing stays.
  async function listen() {
    const mine = token;
    let first = true;
    try {
      const answer = await ask("/news");
      const lines = answer.body.getReader();
      while (answer.ok) {
        const { done } = await lines.read();
        if (done) break;
        if (!first && token === mine) show(been[at], true);
        first = false;
      }
    } catch (error) { /* as at its end */ }
    if (token === mine) atDoor();
  }

  // --- what people do

  async function act(form, button) {
    for (const one of form.querySelectorAll("input[data-most]")) {
      if (one.files[0] && one.files[0].size > Number(one.dataset.most)) return say(one.dataset.large, true);
    }
    const fields = {};
    const add = (name, value) => { fields[name] = name in fields ? [].concat(fields[name], value) : value; };
    for (const [name, value] of new FormData(form, button)) {
      add(name, typeof value === "string" ? value : form.elements[name].dataset.picture === undefined ? await value.text() : await picture(value));
    }
    // However often it is sent, because an answer was lost: one form is one post.
    if ("once" in form.dataset) fields.key = form.dataset.once = form.dataset.once || crypto.randomUUID();
    if (form.method === "get") {
      const lines = Object.entries(fields).map(([name, value]) => [name, [].concat(value).join("\n")]);
      return go(form.dataset.to + "?" + new URLSearchParams(lines));
    }
    say("");
    form.setAttribute("aria-busy", "true");
    for (const one of form.querySelectorAll("button")) one.disabled = true;
    try {
      const answer = await ask(form.dataset.to, fields);
      if (!answer.ok) return gone();
      await follow(await answer.json());
    } catch (error) {
      gone();
    } finally {
      form.removeAttribute("aria-busy");
      for (const one of form.querySelectorAll("button")) one.disabled = false;
    }
  }

  // A photograph, small enough to send, and without what a camera writes into one. What is none goes as it is: the
  // process says what is wrong with it.
  async function picture(file) {
    if (!file.size) return "";
    let drawn;
    try { drawn = await createImageBitmap(file); } catch (error) { return "no picture;base64,AA=="; }
    const scale = Math.min(1, 1600 / Math.max(drawn.width, drawn.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(drawn.width * scale));
    canvas.height = Math.max(1, Math.round(drawn.height * scale));
    canvas.getContext("2d").drawImage(drawn, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", 0.85);
  }

  // What stands in the fields of this screen, so that it is still there once the screen is in the other language.
  function written() {
    const fields = document.querySelectorAll("#main :is(input, textarea, select):not([type=hidden], [type=file])");
    return [...fields].map((one) => [one, one.name, one.type === "checkbox" || one.type === "radio" ? "checked" : "value"]);
  }

  function restore(before) {
    const after = written();
    before.forEach(([old, name, what], at) => {
      if (!after[at] || after[at][1] !== name) return;
      if (old.multiple) [...old.options].forEach((one, place) => { after[at][0].options[place].selected = one.selected; });
      else after[at][0][what] = old[what];
    });
  }

  async function follow(told) {
    if (told.language) { language = told.language; kept.setItem("language", language); }
    if (told.show) put($("shown"), told.show);
    if (told.download) download(told.download);
    const typed = told.language ? written() : [];
    if (told.go) await go(told.go);
    restore(typed);
    unfold();
    say(told.say, told.problem);
    const field = told.field && document.querySelector("[name='" + CSS.escape(told.field) + "']");
    if (field) { field.setAttribute("aria-invalid", "true"); field.focus(); }
    if (told.show) $("shown").focus();
  }

  function download(file) {
    const link = document.createElement("a");
    const content = file.coded ? Uint8Array.from(atob(file.text), (sign) => sign.charCodeAt(0)) : file.text;
    link.href = URL.createObjectURL(new Blob([content], { type: file.type }));
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  document.addEventListener("click", (event) => {
    const found = event.target.closest("[data-go], [data-copy], [data-print], [data-back], [data-again]");
    if (!found || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (found.dataset.go) go(found.dataset.go);
    else if ("back" in found.dataset) history.back();
    else if ("again" in found.dataset) show(been[at]);
    else if ("print" in found.dataset) print();
    else navigator.clipboard.writeText($(found.dataset.copy).textContent).then(() => say(found.dataset.done));
  });

  document.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    if (form.id !== "enter") return act(form, event.submitter);
    const typed = $("code").value;
    if (await enter(typed).catch(() => false)) return begin();
    $("refused").hidden = false;
    $("code").select();
  });

  // A browser's own fields for files and days speak its language: what was chosen stands beside them in the page's.
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field.type === "file") $(field.id + "-chosen").textContent = [...field.files].map((one) => one.name).join(", ") || $(field.id + "-chosen").dataset.none;
    if (field.type === "date" || field.type === "datetime-local") inWords(field);
  });

  function inWords(field) {
    const said = field.parentElement.querySelector("output") || document.createElement("output");
    const style = field.type === "date" ? { dateStyle: "full" } : { dateStyle: "full", timeStyle: "short" };
    const day = field.value && new Date(field.type === "date" ? field.value + "T12:00" : field.value);
    said.textContent = day ? new Intl.DateTimeFormat(face.code === "ar" ? "ar-u-nu-arab-ca-gregory" : "en-GB", style).format(day) : "";
    field.parentElement.append(said);
  }

  // A question of the group's is shown where the answer, or the category, is given that it is asked after.
  function unfold() {
    const asked = [...document.querySelectorAll("#main :is([data-after], [data-for])")];
    if (!asked.length) return;
    const form = asked[0].closest("form");
    const given = (name) => [...form.elements]
      .filter((one) => one.name === name && !one.closest("[hidden]") && (one.type !== "checkbox" || one.checked))
      .map((one) => one.value.trim());
    // One may hang on another that hangs on a third.
    for (let round = 0; round < asked.length; round += 1) {
      for (const one of asked) {
        one.hidden = ("after" in one.dataset && !given(one.dataset.after).includes(one.dataset.is))
          || ("for" in one.dataset && !given("category").some((code) => one.dataset.for.split(" ").includes(code)));
      }
    }
  }
  document.addEventListener("input", unfold);

  // A field that another one depends on, as the areas of a group or how strong a passphrase is.
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-live]");
    if (!form) return;
    clearTimeout(form.timer);
    form.timer = setTimeout(async () => {
      const answer = await ask(form.dataset.live, Object.fromEntries(new FormData(form)));
      const told = answer.ok ? await answer.json() : null;
      if (told && $("live")) put($("live"), told.show);
    }, 150);
  });

  addEventListener("popstate", (event) => {
    if (!token || typeof event.state !== "number") return;
    at = Math.min(event.state, been.length - 1);
    say("");
    show(been[at]);
  });

  // The process locks when nobody does anything for a while; reading and writing count as doing something.
  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    addEventListener(kind, () => {
      if (token && Date.now() - lastUse > 20000) {
        lastUse = Date.now();
        ask("/used", {}).catch(() => {});
      }
    }, { passive: true });
  }
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  addEventListener("beforeunload", () => { leaving = true; });
  addEventListener("pagehide", () => { leaving = true; blank(); });

  // --- the beginning

  const code = location.hash.slice(1);
  if (code) history.replaceState(0, "", "/");
  if (code) enter(code).then((let_in) => (let_in ? begin() : atDoor()), atDoor);
  else if (token) begin();
  else if (kept.getItem("ticket")) atDoor();
  else $("code").focus();
})();
