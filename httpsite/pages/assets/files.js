// The file manager: marks, filter, thumbnails and keys. Uploads are in upload.js, and what
// shows files in preview.js.
"use strict";

const files = {
	list() { return document.getElementById("entries"); },
	token() { return this.list().elements.token.value; },
	rows() { return [...document.querySelectorAll(".list tbody tr")].filter(row => row.querySelector("[name=mark]")); },
	shown() { return this.rows().filter(row => !row.hidden); },
	mark(row) { return row.querySelector("[name=mark]"); },
	link(row) { return row.querySelector(".name a"); },
	name(row) { return this.mark(row).value; },

	// post sends a form to a folder of this one, "" or "sub/", and returns what the server
	// says: its status, and its words where it has some.
	async post(folder, fields) {
		const body = new URLSearchParams({token: this.token()});
		for (const [name, value] of fields) body.append(name, value);
		const response = await fetch(folder + "index.wssp", {method: "POST", body, headers: {Accept: "application/json"}});
		const said = await response.json().catch(() => ({}));
		return {status: response.status, ...said};
	},

	// carry carries out an action, and shows what came of it.
	async carry(fields) {
		const said = await this.post("", fields).catch(() => ({}));
		await this.refresh();
		if (said.status !== 200) this.tell(said.message || page.say("noAnswer"));
	},

	// tell shows a message above the list.
	tell(message) {
		const main = document.querySelector("main");
		main.querySelector(":scope > .message")?.remove();
		main.prepend(page.make("p", {className: "message", role: "alert"}, message));
	},

	// refresh shows the folder as it is now. The browser makes a document of the answer, in
	// which nothing runs.
	refresh() {
		return new Promise(done => {
			const request = new XMLHttpRequest();
			request.open("GET", location.href);
			request.responseType = "document";
			request.onloadend = () => {
				const main = request.response?.querySelector("main");
				if (request.status === 200 && main) {
					document.querySelector("main").replaceWith(document.adoptNode(main));
					enhance();
				}
				done();
			};
			request.send();
		});
	},
};

// enhance does what is to be done for each new list.
function enhance() {
	const list = files.list();
	if (!list) return;
	page.localTimes(list);
	for (const row of files.rows()) row.dataset.kind = row.querySelector(".name .icon").classList[1];
	const all = page.make("input", {type: "checkbox", id: "all", "aria-label": page.say("markAll")});
	list.querySelector("thead th").replaceChildren(all);
	all.addEventListener("change", () => {
		for (const row of files.shown()) files.mark(row).checked = all.checked;
		showMarks();
	});
	showMarks();
	showThumbnails();
	offerTiles();
	for (const row of files.rows()) row.draggable = true;
}

// showMarks shows what can be done with the marked entries once there are some.
function showMarks() {
	const marked = files.rows().filter(row => files.mark(row).checked);
	const bar = document.querySelector(".marked");
	bar.hidden = marked.length === 0;
	bar.querySelector("[value=edit]").hidden = marked.length !== 1 || marked[0].dataset.kind !== "text";
	bar.querySelector(".field").hidden = marked.length !== 1;
	if (marked.length === 1) bar.querySelector("#newName").value ||= files.name(marked[0]);
	else bar.querySelector("#newName").value = "";
	let count = bar.querySelector("output");
	if (!count) bar.prepend(count = page.make("output"));
	count.textContent = page.say("marked", marked.length);
	const all = document.getElementById("all"), shown = files.shown();
	all.checked = shown.length > 0 && shown.every(row => files.mark(row).checked);
	all.indeterminate = marked.length > 0 && !all.checked;
}

// offerTiles lets the user see the list as tiles, with larger pictures. The browser
// remembers it.
function offerTiles() {
	const tiles = page.button("tiles", "", () => show(!table.classList.contains("gallery")));
	const table = document.querySelector(".list");
	const show = wanted => {
		table.classList.toggle("gallery", wanted);
		tiles.setAttribute("aria-pressed", wanted);
		localStorage.setItem("tiles", wanted ? "yes" : "no");
	};
	tiles.setAttribute("aria-label", page.say("tiles"));
	tiles.title = page.say("tiles");
	document.querySelector(".find").append(tiles);
	show(localStorage.getItem("tiles") === "yes");
}

// A click with Shift marks all between it and the one before.
let lastMarked = null;
document.addEventListener("click", event => {
	const mark = event.target.closest?.("[name=mark][type=checkbox]");
	if (!mark) return;
	const rows = files.shown(), row = mark.closest("tr");
	const from = rows.indexOf(lastMarked), to = rows.indexOf(row);
	if (event.shiftKey && from >= 0 && to >= 0) {
		for (const between of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) files.mark(between).checked = mark.checked;
	}
	lastMarked = row;
	document.getElementById("newName").value = "";
	showMarks();
});

// The filter leaves the rows that match while somebody types; the server searches the
// whole folder when they press Enter.
document.addEventListener("input", event => {
	if (event.target.id !== "find") return;
	const text = event.target.value.toLowerCase();
	for (const row of files.rows()) row.hidden = !files.name(row).toLowerCase().includes(text);
	showMarks();
});

// Pictures are drawn small when they come into sight, four at a time.
const thumbnails = {
	waiting: [], running: 0,
	watch: new IntersectionObserver(entries => {
		for (const entry of entries) {
			if (!entry.isIntersecting) continue;
			thumbnails.watch.unobserve(entry.target);
			thumbnails.waiting.push(entry.target);
		}
		thumbnails.next();
	}, {rootMargin: "200px"}),
	next() {
		while (this.running < 4 && this.waiting.length > 0) {
			this.running++;
			this.draw(this.waiting.shift()).catch(() => {}).finally(() => { this.running--; this.next(); });
		}
	},
	async draw(row) {
		if (!row.isConnected) return;
		const response = await fetch(files.link(row).href);
		if (!response.ok) return;
		const whole = await createImageBitmap(await response.blob());
		const scale = Math.min(1, 160 / Math.min(whole.width, whole.height));
		const canvas = page.make("canvas", {className: "thumbnail", width: Math.ceil(whole.width * scale), height: Math.ceil(whole.height * scale)});
		canvas.getContext("2d").drawImage(whole, 0, 0, canvas.width, canvas.height);
		whole.close();
		row.querySelector(".name .icon")?.replaceWith(canvas);
		row.closest("table").classList.add("pictured");
	},
};
const largestPicture = 20 * 1024 * 1024;

function showThumbnails() {
	thumbnails.waiting = [];
	for (const row of files.rows()) {
		if (row.dataset.kind === "image" && Number(row.querySelector("data").value) <= largestPicture) thumbnails.watch.observe(row);
	}
}

// What is deleted is gone: so that is asked for, folders or not.
document.addEventListener("submit", async event => {
	if (event.target !== files.list() || event.submitter?.value !== "delete") return;
	event.preventDefault();
	const names = files.rows().filter(row => files.mark(row).checked).map(row => files.name(row));
	const listed = names.slice(0, 20).map(name => page.make("li", {}, page.make("bdi", {}, name)));
	if (names.length > listed.length) listed.push(page.make("li", {}, "…"));
	if (!await page.ask(page.say("deleteThese", names.length), page.make("ul", {}, ...listed), page.say("delete"))) return;
	await files.carry([["action", "delete"], ["confirmed", "yes"], ...names.map(name => ["mark", name])]);
});

// Entries are moved by dragging them to a folder of the list, or above it: all that are
// marked, if the one is that is dragged.
const moving = {
	type: "application/x-entries",
	names(row) {
		const marked = files.rows().filter(other => files.mark(other).checked);
		return (marked.includes(row) ? marked : [row]).map(other => files.name(other));
	},
	// target returns what entries may be dropped on, and the path of its folder.
	target(event) {
		if (!event.dataTransfer.types.includes(this.type)) return null;
		const here = files.list().dataset.folder;
		const row = event.target.closest?.(".list tr");
		if (row?.dataset.kind === "folder") return {element: row, path: here.replace(/\/$/, "") + "/" + files.name(row)};
		const crumb = event.target.closest?.(".crumbs li");
		if (!crumb || !crumb.nextElementSibling) return null;
		const depth = [...crumb.parentElement.children].indexOf(crumb);
		return {element: crumb, path: "/" + here.split("/").slice(1, depth + 1).join("/")};
	},
	over(element) {
		for (const other of document.querySelectorAll(".over")) other.classList.remove("over");
		element?.classList.add("over");
	},
};
document.addEventListener("dragstart", event => {
	const row = event.target.closest?.(".list tbody tr");
	if (row) event.dataTransfer.setData(moving.type, JSON.stringify(moving.names(row)));
});
document.addEventListener("dragover", event => {
	const target = moving.target(event);
	moving.over(target?.element);
	if (target) event.preventDefault();
});
document.addEventListener("dragend", () => moving.over(null));
document.addEventListener("drop", async event => {
	const target = moving.target(event);
	moving.over(null);
	if (!target) return;
	event.preventDefault();
	const names = JSON.parse(event.dataTransfer.getData(moving.type));
	await files.carry([["action", "move"], ["to", target.path], ...names.map(name => ["mark", name])]);
});

// Keys: arrows go from entry to entry, Space marks, Delete and F2 do what their buttons do,
// "/" goes to the filter.
document.addEventListener("keydown", event => {
	if (event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog") || event.altKey) return;
	const withCommand = event.ctrlKey || event.metaKey;
	if (withCommand && event.key !== "a") return;
	const rows = files.shown(), at = rows.indexOf(event.target.closest?.("tr"));
	const go = row => row && files.link(row).focus();
	const keys = {
		ArrowDown: () => go(rows[Math.min(at + 1, rows.length - 1)]),
		ArrowUp: () => at > 0 ? go(rows[at - 1]) : go(rows[0]),
		Home: () => at >= 0 && go(rows[0]),
		End: () => at >= 0 && go(rows.at(-1)),
		" ": () => at >= 0 && event.target.type !== "checkbox" && (files.mark(rows[at]).click(), true),
		a: () => withCommand && document.getElementById("all").click(),
		Delete: () => rows.some(row => files.mark(row).checked) && document.querySelector(".marked [value=delete]").click(),
		F2: () => {
			if (at >= 0 && !rows.some(row => files.mark(row).checked)) files.mark(rows[at]).click();
			document.getElementById("newName").focus();
			document.getElementById("newName").select();
		},
		"/": () => document.getElementById("find").focus(),
	};
	if (!Object.hasOwn(keys, event.key) || keys[event.key]() === false) return;
	event.preventDefault();
});

if (files.list()) enhance();
