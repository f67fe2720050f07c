// The explorer's one page. Whatever comes from the server is text and becomes text nodes: nothing here makes markup.
const main = document.getElementById("main");
const said = document.getElementById("said");
const PCTR_BASE = "pctr_base";
const wide = matchMedia("(min-width: 70rem)");
let state = null;
let turn = 0;
let quiet = 0;

// Elements.

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const unseen = (text) => h("span", { class: "unseen" }, text);

function say(text) {
  clearTimeout(quiet);
  said.textContent = text;
  if (text) quiet = setTimeout(() => say(""), 7000);
}

function picture(item, attributes) {
  const name = [...(item.title || "")].find((c) => /\p{L}|\p{N}/u.test(c)) ?? "·";
  const letter = h("span", { class: "letter", "aria-hidden": "true" }, name);
  const frame = h("span", { class: "picture", ...attributes }, letter);
  if (item.picture) {
    const image = h("img", { src: item.picture, alt: "", loading: "lazy", decoding: "async" });
    image.addEventListener("error", () => image.replaceWith());
    image.addEventListener("load", () => letter.replaceWith());
    frame.append(image);
  }
  return frame;
}

const named = (item) => item.title || "Item " + item.id;
const titled = (item, attributes) => h("span", { class: "title", dir: "auto", title: named(item), ...attributes }, named(item));

function percent(p) {
  const points = p * 100;
  return points.toFixed(points < 1 ? 2 : 1) + " %";
}

function points(delta) {
  const value = delta * 100;
  const digits = Math.abs(value) < 1 ? 2 : 1;
  return (value < 0 ? "−" : "+") + Math.abs(value).toFixed(digits);
}

const count = (n, one, many) => n.toLocaleString("en") + " " + (n === 1 ? one : many);

// The server.

async function ask(path, query, options) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value) parts.set(name, value);
  let answer;
  try {
    answer = await fetch("/explore/" + path + (parts.size ? "?" + parts : ""), options);
  } catch {
    throw new Error("The server does not answer; is it still running?");
  }
  const text = await answer.text();
  let read;
  try {
    read = JSON.parse(text);
  } catch {
    read = { error: text.trim() };
  }
  if (!answer.ok) throw new Error(read.error || "The server answered with status " + answer.status);
  return read;
}

// Addresses: #/PART/ID?NAME=VALUE

function address(part, id, query) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value) parts.set(name, value);
  return "#/" + part + (id ? "/" + encodeURIComponent(id) : "") + (parts.size ? "?" + parts : "");
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function here() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [part, id] = path.split("/");
  return { part: part || "feed", id: id ? decoded(id) : "", query: Object.fromEntries(new URLSearchParams(query)) };
}

const remembered = { user: "", by: "", other: "" };

async function show() {
  const mine = ++turn;
  const { part, id, query } = here();
  const maker = { feed: feedPage, items: itemsPage, item: itemPage, new: newPage, models: modelsPage }[part] ?? feedPage;
  for (const link of document.querySelectorAll("nav a")) {
    const current = link.dataset.part === part || (part === "item" && link.dataset.part === "items");
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  main.setAttribute("aria-busy", "true");
  if (!main.querySelector("h1")) main.replaceChildren(h("p", { class: "soft loading" }, "Loading…"));
  try {
    if (!state || part === "models" || part === "new") state = await ask("state");
    remembered.by = query.by || (isLive(remembered.by) ? remembered.by : state.by);
    remembered.other = query.other || (isLive(remembered.other) || remembered.other === PCTR_BASE ? remembered.other : state.other);
    const page = await maker(id, query, () => mine === turn);
    if (mine !== turn) return;
    main.replaceChildren(...page.content);
    document.title = page.title + " – SaviorRec explorer";
    page.shown?.();
    const heading = main.querySelector("h1");
    if (heading && show.moved) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  } catch (problem) {
    if (mine !== turn) return;
    state = null;
    main.replaceChildren(
      h("h1", null, "This cannot be shown"),
      h("p", { class: "notice bad", role: "alert" }, problem.message, h("button", { type: "button", onclick: show }, "Try again")));
  } finally {
    if (mine === turn) main.removeAttribute("aria-busy");
    show.moved = true;
  }
}

const isLive = (name) => state.models.some((model) => model.model + "/" + model.version === name);

// The feed.

function versions(chosen, withBase) {
  const options = state.models.map((model) => {
    const name = model.model + "/" + model.version;
    const text = model.model + " version " + model.version + (model.variant === model.model ? "" : " (" + model.variant + ")");
    return h("option", { value: name, selected: name === chosen }, text);
  });
  if (withBase) options.push(h("option", { value: PCTR_BASE, selected: chosen === PCTR_BASE }, "pctr_base of the log"));
  return options;
}

const brief = (name) => name.split("/")[0];

function spoken(name) {
  return name === PCTR_BASE ? "pctr_base" : name.replace("/", " version ");
}

async function feedPage(id, query, current) {
  if (!state.users) {
    return { title: "Feed", content: [h("h1", null, "Feed"), h("p", { class: "notice" }, "The data set has no page view in its test period, so there is no feed to show.")] };
  }
  const users = await ask("users");
  const user = id || remembered.user || users[0].id;
  const chosen = { user, by: remembered.by, other: remembered.other, added: query.added };
  const go = (change) => {
    const next = { ...chosen, ...change };
    location.hash = address("feed", next.user, { by: next.by, other: next.other, added: next.added });
  };
  let feed;
  try {
    feed = await ask("feed", chosen);
  } catch (problem) {
    return { title: "Feed", content: [feedBar(users, chosen, go), h("h1", null, "No feed of user " + user), h("p", { class: "notice bad", role: "alert" }, problem.message)] };
  }
  remembered.user = user;
  const cards = feed.ranking.map((ranked) => feedCard(ranked, feed));
  const whys = h("p", { class: "soft small lead" }, "Why: the feed is being scored again without each clicked item…");
  const time = new Date(feed.time * 1000).toISOString();
  const added = feed.ranking.find((ranked) => ranked.added);
  const content = [
    feedBar(users, chosen, go),
    h("h1", null, "Feed of user " + feed.user),
    h("p", { class: "soft" }, count(feed.ranking.length - (added ? 1 : 0), "item", "items") + " that the data set’s log shows from " + time.slice(0, 16).replace("T", " ")
      + " UTC on, ranked by ", h("b", null, spoken(feed.by)), " beside " + spoken(feed.other) + "."),
    h("ul", { class: "chips", "aria-label": "What is known of user and page" },
      Object.entries(feed.about).map(([name, value]) => h("li", { class: "chip" }, h("b", null, name + " "), h("span", { dir: "auto" }, value)))),
    added && h("p", { class: "notice good" }, "Item " + added.item.id + " is in this feed at rank " + added.rank + " of " + feed.ranking.length
      + ", with a pCTR of " + percent(added.pctr) + ".",
      h("button", { type: "button", onclick: () => main.querySelector(".card.added .over")?.focus() }, "Go to it")),
    h("h2", null, "Clicked before", h("span", { class: "soft small" }, " · " + count(feed.clickCount, "click", "clicks") + ", the latest first")),
    feed.clicks.length ? clickStrip(feed.clicks) : h("p", { class: "soft" }, "Nothing: the model knows this user by profile and page alone."),
    h("h2", null, "Ranked by " + spoken(feed.by)),
    whys,
    h("div", { class: "feed" }, h("ol", { class: "grid", "aria-label": "The feed, ranked by " + spoken(feed.by) }, cards.map((card) => card.element)), beside(feed)),
  ];
  const shown = async () => {
    try {
      const why = await ask("why", chosen);
      if (!current()) return;
      whys.textContent = why.leftOut
        ? "Why: below each item are the clicks that matter most to its score, with the points of pCTR that they add or take away. The feed was scored again without "
          + (why.leftOut === 1 ? "the one clicked item that the model looks at." : "each of the " + why.leftOut + " clicked items that the model looks at.")
        : "";
      cards.forEach((card) => card.explain(why.reasons[card.id] ?? []));
    } catch (problem) {
      if (current()) whys.textContent = "Why cannot be said: " + problem.message;
    }
  };
  return { title: "Feed of user " + user, content: content.filter(Boolean), shown };
}

function feedBar(users, chosen, go) {
  const list = h("datalist", { id: "users" }, users.map(userOption));
  const input = h("input", { name: "user", type: "search", list: "users", value: chosen.user, autocomplete: "off", inputmode: "numeric" });
  let asked = 0;
  input.addEventListener("input", async () => {
    const mine = ++asked;
    try {
      const found = await ask("users", { q: input.value });
      if (mine === asked) list.replaceChildren(...found.map(userOption));
    } catch {
      // Whoever chooses a user then is told.
    }
  });
  const another = () => {
    const others = users.filter((user) => user.id !== chosen.user);
    if (others.length) go({ user: others[Math.floor(Math.random() * others.length)].id });
  };
  const form = h("form", { class: "bar", role: "search", "aria-label": "Whose feed, ranked by what" },
    h("label", null, "User", input), list,
    h("label", { class: "half" }, "Ranked by", h("select", { name: "by" }, versions(chosen.by, false))),
    h("label", { class: "half" }, "Beside", h("select", { name: "other" }, versions(chosen.other, true))),
    h("button", { class: "main" }, "Show"),
    h("button", { type: "button", onclick: another }, "Another user"));
  const submit = () => go({ user: form.elements.user.value.trim(), by: form.elements.by.value, other: form.elements.other.value });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return form;
}

const userOption = (user) => h("option", { value: user.id }, count(user.clicks, "click", "clicks") + ", " + count(user.candidates, "item", "items"));

function clickStrip(clicks) {
  return h("ul", { class: "strip", "aria-label": "Items that the user clicked, the latest first" },
    clicks.map((item) => h("li", null, h("a", { href: address("item", item.id) }, picture(item), titled(item)))));
}

function moved(ranked) {
  if (ranked.moved === null) return { way: "", mark: "", text: "not ranked there" };
  const by = ranked.moved;
  if (by === 0) return { way: "", mark: "=", text: "at the same rank there" };
  return by > 0
    ? { way: "up", mark: "▲ " + by, text: by + " higher than there" }
    : { way: "down", mark: "▼ " + -by, text: -by + " lower than there" };
}

function tags(ranked) {
  const all = [];
  if (ranked.clicked) all.push(["clicked", "clicked", "The log says that the user clicked it when it was shown"]);
  if (ranked.added || ranked.item.sent) all.push(["new", ranked.added ? "added" : "sent", "Put up after the training"]);
  if (ranked.source === "UNKNOWN_ITEM") all.push(["unknown", "never sent", "The server does not know it: it came after the training, and nobody has sent its title and picture"]);
  return all.length ? h("span", { class: "tags" }, all.map(([kind, text, title]) => h("span", { class: "tag " + kind, title }, text))) : null;
}

function feedCard(ranked, feed) {
  const move = moved(ranked);
  const most = Math.max(...feed.ranking.map((each) => each.pctr));
  const meter = h("i");
  meter.style.width = Math.max(1, 100 * ranked.pctr / most) + "%";
  const reasons = h("ul", { class: "why", "aria-label": "Clicks that matter most to it" });
  const frame = picture(ranked.item);
  frame.append(h("span", { class: "rank" }, unseen("Rank "), String(ranked.rank)));
  if (move.mark) frame.append(h("span", { class: "moved " + move.way, title: move.text }, h("span", { "aria-hidden": "true" }, move.mark), unseen(move.text)));
  frame.append(tags(ranked) ?? "");
  const other = ranked.otherPctr === null ? "none" : percent(ranked.otherPctr) + " · #" + ranked.otherRank;
  const element = h("li", null, h("article", { class: "card" + (ranked.added ? " added" : "") },
    frame,
    h("div", { class: "body" },
      h("h3", null, h("a", { class: "over", href: address("item", ranked.item.id) }, titled(ranked.item))),
      h("p", { class: "score" }, h("b", { title: "pCTR by " + spoken(feed.by) }, percent(ranked.pctr))),
      h("div", { class: "meter", "aria-hidden": "true" }, meter),
      h("p", { class: "soft small", title: "pCTR and rank by " + spoken(feed.other) }, brief(feed.other) + " " + other),
      reasons)));
  const explain = (why) => {
    if (!why.length) {
      reasons.replaceChildren(h("li", { class: "soft small" }, "No single click matters."));
      return;
    }
    reasons.replaceChildren(...why.map((reason) => {
      const delta = ranked.pctr - reason.without;
      const text = named(reason.item) + ": " + points(delta) + " points; without this click " + percent(reason.without);
      return h("li", null, h("a", { href: address("item", reason.item.id), class: delta < 0 ? "down" : "up", title: text },
        picture(reason.item), h("span", { "aria-hidden": "true" }, points(delta)), unseen(text)));
    }));
  };
  return { id: ranked.item.id, element, explain };
}

function beside(feed) {
  const ranked = feed.ranking.filter((each) => each.otherRank !== null).sort((a, b) => a.otherRank - b.otherRank);
  const details = h("details", { class: "beside", open: wide.matches }, h("summary", { tabindex: wide.matches ? "-1" : null }, "As " + spoken(feed.other) + " ranks it"),
    ranked.length
      ? h("ol", { "aria-label": "The feed as " + spoken(feed.other) + " ranks it" }, ranked.map((each) => h("li", null,
        h("span", { class: "soft number" }, String(each.otherRank)),
        picture(each.item),
        h("a", { class: "over", href: address("item", each.item.id) }, titled(each.item)),
        h("span", { class: "number" }, percent(each.otherPctr)))))
      : h("p", { class: "soft" }, "It has no score for any of these."));
  wide.onchange = () => {
    details.open = wide.matches;
  };
  return details;
}

// Items.

function smallCard(item, ...more) {
  return h("li", null, h("article", { class: "card" }, picture(item),
    h("div", { class: "body" }, h("h3", null, h("a", { class: "over", href: address("item", item.id) }, titled(item))), more)));
}

async function itemsPage(id, query) {
  const words = query.q ?? "";
  const list = h("ul", { class: "grid dense" });
  const told = h("p", { class: "soft lead", role: "status" });
  const more = h("button", { type: "button" }, "Show more");
  let next = "";
  let first = null;
  const load = async () => {
    const found = await ask("items", { q: words, from: next });
    const cards = found.items.map((item) => smallCard(item, h("p", { class: "soft small" }, item.id), item.sent && h("span", { class: "chip" }, "sent")));
    list.append(...cards);
    next = found.next;
    more.hidden = !next;
    first = cards[0] ?? null;
    told.textContent = words && !next && !list.children.length
      ? "No item has that in its title or begins its number so."
      : count(list.children.length, "item", "items") + (next ? " so far" : "") + (words ? " with “" + words + "”, of " : " of ") + count(state.items, "item", "items") + " of " + state.dataSet;
  };
  more.addEventListener("click", async () => {
    try {
      await load();
      first?.querySelector("a")?.focus();
    } catch (problem) {
      say(problem.message);
    }
  });
  await load();
  const form = h("form", { class: "bar", role: "search", "aria-label": "Items" },
    h("label", null, "Words of a title, or a number", h("input", { name: "q", type: "search", value: words, dir: "auto", maxlength: "200" })),
    h("button", { class: "main" }, "Find"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = address("items", "", { q: form.elements.q.value.trim() });
  });
  return { title: "Items", content: [form, h("h1", null, "Items"), told, list, h("div", { class: "row" }, more)] };
}

const SOURCES = {
  TRAINED: "from the training: it is in the bundle’s table",
  ENCODED: "from title and picture, which were sent after the training",
  UNKNOWN_ITEM: "none: the server does not know it. It came after the training, and nobody has sent it",
};

async function itemPage(id) {
  const page = await ask("item", { id, by: remembered.by });
  const item = page.item;
  const levels = page.codes.length;
  const content = [
    h("div", { class: "item" }, picture(item), h("div", null,
      h("h1", { class: "long", dir: "auto" }, named(item)),
      item.category && h("ul", { class: "chips" }, h("li", { class: "chip", dir: "auto" }, item.category)),
      h("dl", null,
        h("dt", null, "Number"), h("dd", null, item.id),
        h("dt", null, "Semantic ID"), h("dd", null, levels
          ? h("ol", { class: "chips", "aria-label": "Codes, coarse to fine" }, page.codes.map((code) => h("li", { class: "chip code" }, String(code))))
          : "none"),
        h("dt", null, "Representation"), h("dd", null, SOURCES[page.source] ?? page.source),
        Object.entries(page.stats).flatMap(([name, value]) => [h("dt", null, name), h("dd", null, Number(value.toPrecision(6)).toLocaleString("en"))])),
      h("p", { class: "soft small" }, "As " + spoken(page.by) + " knows it."),
      h("div", { class: "row" },
        state.users > 0 && h("a", { class: "button", href: address("feed", remembered.user, { added: item.id }) }, "Rank it in a feed")))),
  ];
  if (page.nearest.length) {
    content.push(h("h2", null, "Nearest by z", h("span", { class: "soft small" }, " · the cosine of what the encoder made of title and picture")),
      h("ul", { class: "grid dense" }, page.nearest.map((near) => smallCard(near.item, h("p", { class: "soft small" }, near.similarity.toFixed(3))))));
  }
  for (const sharing of page.sharing) {
    content.push(h("h2", null, sharing.codes === levels ? "The same semantic ID" : "The same first " + (sharing.codes === 1 ? "code" : sharing.codes + " codes"),
      h("span", { class: "soft small" }, " · " + page.codes.slice(0, sharing.codes).join(" · ") + " · " + count(sharing.count, "item", "items")
        + (sharing.count > sharing.items.length ? ", " + sharing.items.length + " of them here" : ""))),
      h("ul", { class: "grid dense" }, sharing.items.map((each) => smallCard(each))));
  }
  return { title: named(item).slice(0, 60), content };
}

// A new item.

function base64(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

async function newPage() {
  const heading = [h("h1", null, "New item"),
    h("p", { class: "soft lead" }, "Title and picture are sent, encoded and stored as any new item is, and the item is ranked in a feed a moment later.")];
  if (!state.mayWrite) {
    return { title: "New item", content: [...heading, h("p", { class: "notice" }, "Your token lacks the right write, which putting up an item needs.")] };
  }
  const frame = h("span", { class: "picture" }, h("span", { class: "letter", "aria-hidden": "true" }, "+"));
  const file = h("input", { name: "image", type: "file", accept: "image/jpeg,image/png,image/webp" });
  let preview = "";
  file.addEventListener("change", () => {
    if (preview) URL.revokeObjectURL(preview);
    preview = file.files.length ? URL.createObjectURL(file.files[0]) : "";
    frame.replaceChildren(preview ? h("img", { src: preview, alt: "The picture that you chose" }) : h("span", { class: "letter" }, "+"));
  });
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true });
  const button = h("button", { class: "main" }, "Put it up");
  const form = h("form", { class: "entry", "aria-label": "New item" },
    h("label", null, "Title", h("textarea", { name: "title", dir: "auto", maxlength: String(state.maxTextChars) })),
    h("div", { class: "drop" }, frame, h("label", null, "Picture (JPEG, PNG or WebP)", file)),
    h("label", null, "Category, if it has one", h("input", { name: "category", dir: "auto", maxlength: "200", autocomplete: "off" })),
    h("label", null, "Number", h("input", { name: "id", required: true, inputmode: "numeric", pattern: "-?[0-9]+", title: "A whole number", value: state.freeId, autocomplete: "off" })),
    h("label", { class: "check" }, h("input", { name: "replace", type: "checkbox" }), "Replace the item if there is one with this number"),
    problem,
    h("div", { class: "row" }, button));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    button.disabled = true;
    button.textContent = "Putting it up…";
    try {
      const fields = form.elements;
      const chosen = file.files[0];
      if (!fields.title.value.trim() && !chosen) throw new Error("Give it a title or a picture.");
      if (chosen && chosen.size > state.maxImageBytes) {
        throw new Error("The picture has " + chosen.size.toLocaleString("en") + " bytes; the most is " + state.maxImageBytes.toLocaleString("en") + ".");
      }
      const image = chosen ? base64(new Uint8Array(await chosen.arrayBuffer())) : "";
      const entered = await ask("put", null, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ id: fields.id.value, title: fields.title.value, category: fields.category.value, image, replace: fields.replace.checked }),
      });
      say("Item " + entered.id + " was encoded and stored in " + entered.millis + " ms.");
      location.hash = state.users ? address("feed", remembered.user, { added: entered.id }) : address("item", entered.id);
    } catch (fault) {
      problem.textContent = fault.message;
      problem.hidden = false;
    } finally {
      button.disabled = false;
      button.textContent = "Put it up";
    }
  });
  return { title: "New item", content: [...heading, form] };
}

// Models.

async function modelsPage() {
  const columns = [
    ["Model", (m) => m.model], ["Version", (m) => String(m.version), true], ["Variant", (m) => m.variant], ["Labels", (m) => m.labels.join(", ")],
    ["Traffic", (m) => m.routes.join(", ") || "none"], ["Data set", (m) => m.dataSet], ["Made", (m) => m.created.slice(0, 16).replace("T", " ")],
    ["Items", (m) => m.items.toLocaleString("en"), true], ["States", (m) => m.states.toLocaleString("en"), true],
  ];
  const table = h("div", { class: "scroll" }, h("table", null,
    h("thead", null, h("tr", null, columns.map(([name, , number]) => h("th", { scope: "col", class: number && "number" }, name)))),
    h("tbody", null, state.models.map((model) => h("tr", null, columns.map(([name, value, number]) => h("td", { class: number && "number", "data-name": name }, value(model) || "–")))))));
  return {
    title: "Models",
    content: [h("h1", null, "Models"),
      h("p", { class: "soft lead" }, "What is live now. Traffic says what brings a request to a version: it is the default, or has a share of the split, a bucket, or copies of requests as a shadow."),
      table, h("p", { class: "row small" }, h("a", { href: "/" }, "Status page of the server"))],
  };
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", show);
show();
