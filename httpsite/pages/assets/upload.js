// Uploads: files and whole folders, chosen or dropped, with a bar for each. What is in the
// way is told before anything is sent.
"use strict";

const uploads = {
	atOnce: 3,
	waiting: [],
	running: 0,
	stored: 0,

	// start uploads files, [{file, path}], whose paths lead below this folder.
	async start(items) {
		if (items.length === 0) return;
		const fields = [["action", "check"]];
		for (const {file, path} of items) fields.push(["path", path], ["size", file.size]);
		let found;
		try {
			found = await files.post("", fields);
		} catch {
			found = {message: page.say("noAnswer")};
		}
		if (found.status !== 200 || found.room) return this.tell(found.room || found.message || page.say("noAnswer"));
		const refused = items.filter(item => found.refused[item.path]);
		for (const item of refused) this.row(item).fail(found.refused[item.path]);
		items = items.filter(item => !found.refused[item.path]);
		const exists = new Set(found.exists);
		const inTheWay = items.filter(item => exists.has(item.path));
		if (inTheWay.length > 0) {
			const choice = await this.ask(inTheWay);
			for (const item of inTheWay) item.choice = choice.get(item) ?? "skip";
			items = items.filter(item => item.choice !== "skip");
		}
		if (!await this.makeFolders(items)) return;
		for (const item of items) {
			item.row = this.row(item);
			this.waiting.push(item);
		}
		this.next();
	},

	// makeFolders makes those that paths lead through.
	async makeFolders(items) {
		const folders = new Set();
		for (const {path} of items) {
			const segments = path.split("/").slice(0, -1);
			segments.forEach((_, i) => folders.add(segments.slice(0, i + 1).join("/")));
		}
		for (const folder of [...folders].sort()) {
			const segments = folder.split("/");
			const name = segments.pop();
			const said = await files.post(address(segments), [["action", "folder"], ["folder", name]]).catch(() => ({message: page.say("noAnswer")}));
			if (said.status !== 200 && said.status !== 409) { // 409: it is there
				this.tell(said.message);
				return false;
			}
			if (said.status === 200) this.stored++;
		}
		return true;
	},

	next() {
		while (this.running < this.atOnce && this.waiting.length > 0) {
			this.running++;
			this.send(this.waiting.shift()).finally(() => { this.running--; this.next(); });
		}
		if (this.running === 0 && this.waiting.length === 0 && this.stored > 0) {
			this.stored = 0;
			files.refresh();
		}
	},

	// send uploads one file. One that is kept beside another takes the next name that is
	// free.
	async send(item) {
		const segments = item.path.split("/");
		const name = segments.pop();
		for (let n = item.choice === "both" ? 2 : 1; ; n++) {
			const said = await this.transfer(item, address(segments), n === 1 ? name : numbered(name, n));
			if (said.cancelled) return item.row.end(page.say("cancelled"));
			if (said.status === 200) {
				this.stored++;
				return item.row.succeed();
			}
			if (said.status !== 409 || item.choice !== "both" || n > 100) return item.row.fail(said.message || await this.why(item));
		}
	},

	// why asks what was in the way of an upload whose answer was lost: a server that takes
	// no more may end the connection.
	async why(item) {
		const found = await files.post("", [["action", "check"], ["path", item.path], ["size", item.file.size]]).catch(() => ({}));
		return found.room || found.refused?.[item.path] || page.say("noAnswer");
	},

	transfer(item, folder, name) {
		return new Promise(done => {
			const form = new FormData();
			form.append("token", files.token());
			form.append("size", item.file.size);
			if (item.choice !== "replace") form.append("absent", "yes");
			form.append("file", item.file, name);
			const request = new XMLHttpRequest();
			item.row.cancel = () => request.abort();
			if (item.row.isCancelled) return done({cancelled: true});
			request.open("POST", folder + "index.wssp");
			request.setRequestHeader("Accept", "application/json");
			request.responseType = "json";
			request.upload.onprogress = event => item.row.progress(event.loaded, event.total);
			request.onabort = () => done({cancelled: true});
			request.onerror = () => done({status: 0});
			request.onload = () => done({status: request.status, message: request.response?.message});
			request.send(form);
		});
	},

	// ask lets the user choose what becomes of files whose names are taken.
	ask(items) {
		return new Promise(done => {
			const choices = new Map(items.map(item => [item, "both"]));
			const options = [["both", page.say("keepBoth")], ["replace", page.say("replace")], ["skip", page.say("skip")]];
			const choose = (label, act) => {
				const select = page.make("select", {"aria-label": label}, ...options.map(([value, text]) => page.make("option", {value}, text)));
				select.addEventListener("change", () => act(select.value));
				return select;
			};
			const selects = items.slice(0, 200).map(item => choose(item.path, value => choices.set(item, value)));
			const all = choose(page.say("forAll"), value => {
				for (const item of items) choices.set(item, value);
				for (const select of selects) select.value = value;
			});
			const dialog = page.make("dialog", {className: "card", "aria-labelledby": "taken"},
				page.make("h2", {id: "taken"}, page.say("exists")),
				page.make("p", {}, page.make("label", {}, page.say("forAll"), " ", all)),
				page.make("div", {className: "taken", tabIndex: 0}, ...selects.map((select, i) => page.make("p", {}, page.make("bdi", {}, items[i].path), select))));
			const end = result => { dialog.close(); dialog.remove(); done(result); };
			dialog.append(page.make("p", {className: "buttons"},
				page.button("upload", page.say("upload"), () => end(choices), "first"),
				page.button("", page.say("cancel"), () => end(new Map()))));
			dialog.addEventListener("cancel", () => end(new Map()));
			document.body.append(dialog);
			dialog.showModal();
		});
	},

	// panel is where uploads are listed.
	panel() {
		let panel = document.getElementById("uploads");
		if (panel) return panel;
		const close = page.button("close", "", () => {
			for (const row of this.rows) row.stop();
			this.rows = [];
			panel.remove();
		});
		close.setAttribute("aria-label", page.say("close"));
		panel = page.make("section", {id: "uploads", "aria-label": page.say("uploads")},
			page.make("header", {}, page.make("h2", {}, page.say("uploads")), close), page.make("ul"),
			page.make("p", {className: "hidden", role: "status"}));
		document.body.append(panel);
		return panel;
	},
	rows: [],

	// tell shows what is wrong with all of an upload.
	tell(message) {
		this.panel().querySelector("ul").append(page.make("li", {role: "alert", className: "failed"}, message));
	},

	// row lists one upload.
	row(item) {
		const bar = page.make("progress", {max: 1, value: 0, "aria-label": item.path});
		const status = page.make("span", {className: "status"}, page.size(item.file.size));
		const row = {
			isCancelled: false,
			cancel() {},
			progress(sent, all) {
				bar.value = all ? sent / all : 0;
				status.textContent = page.size(Math.min(sent, item.file.size)) + " / " + page.size(item.file.size);
			},
			end(text, className) {
				bar.remove();
				stop.remove();
				status.textContent = text;
				if (className) line.classList.add(className);
				this.ended = true;
				const spoken = document.querySelector("#uploads [role=status]");
				if (spoken) spoken.textContent = item.path + ": " + text;
			},
			succeed() { this.end(page.say("done"), "done"); },
			fail(message) { this.end(message, "failed"); },
			stop() {
				if (this.ended) return;
				this.isCancelled = true;
				this.cancel();
			},
		};
		const stop = page.button("close", "", () => row.stop());
		stop.setAttribute("aria-label", page.say("cancelOne", item.path));
		const line = page.make("li", {}, page.make("bdi", {}, item.path), status, bar, stop);
		this.panel().querySelector("ul").append(line);
		this.rows.push(row);
		return row;
	},
};

// address is the path of a folder below this one.
function address(segments) { return segments.map(segment => encodeURIComponent(segment) + "/").join("") || "./"; }

// numbered puts a number into a name, before its extension.
function numbered(name, n) {
	const dot = name.lastIndexOf(".");
	return dot > 0 ? `${name.slice(0, dot)} (${n})${name.slice(dot)}` : `${name} (${n})`;
}

// dropped returns the files that were dropped, those in folders too.
async function dropped(transfer) {
	const entries = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean);
	if (entries.length === 0) return [...transfer.files].map(file => ({file, path: file.name}));
	const items = [];
	const walk = async (entry, above) => {
		const path = above + entry.name;
		if (entry.isFile) {
			items.push({file: await new Promise((done, failed) => entry.file(done, failed)), path});
			return;
		}
		const reader = entry.createReader();
		for (;;) { // a hundred at a time
			const some = await new Promise((done, failed) => reader.readEntries(done, failed));
			if (some.length === 0) return;
			for (const below of some) await walk(below, path + "/");
		}
	};
	for (const entry of entries) await walk(entry, "");
	return items;
}

document.addEventListener("dragover", event => {
	if (!files.list() || !event.dataTransfer.types.includes("Files")) return; // entries are being moved
	event.preventDefault();
	document.body.classList.add("dropping");
});
document.addEventListener("dragleave", event => {
	if (!event.relatedTarget) document.body.classList.remove("dropping");
});
document.addEventListener("drop", async event => {
	document.body.classList.remove("dropping");
	if (!files.list() || !event.dataTransfer.types.includes("Files")) return;
	event.preventDefault();
	uploads.start(await dropped(event.dataTransfer));
});

// The form of the page uploads in the same way. A browser that can choose folders may.
document.addEventListener("change", event => {
	const input = event.target;
	if (input.type !== "file" || !files.list()) return;
	const items = [...input.files].map(file => ({file, path: file.webkitRelativePath || file.name}));
	input.closest("details").open = false;
	input.value = "";
	uploads.start(items);
});
document.addEventListener("toggle", event => {
	const form = event.target.querySelector?.("form[enctype]");
	if (!form || form.querySelector("#tree") || !("webkitdirectory" in HTMLInputElement.prototype)) return;
	form.querySelector("button").hidden = true;
	form.append(page.make("p", {}, page.make("label", {htmlFor: "tree"}, page.say("chooseTree")), page.make("input", {id: "tree", type: "file", webkitdirectory: true})));
}, true);

addEventListener("beforeunload", event => {
	if (uploads.running > 0) event.preventDefault();
});
