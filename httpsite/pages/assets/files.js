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
		const scale = Math.min(1, 80 / Math.min(whole.width, whole.height));
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
