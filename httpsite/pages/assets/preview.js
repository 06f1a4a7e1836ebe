// Previews: a click on a file that the browser can show opens it above the list.
"use strict";

const preview = {
	dialog: null,
	row: null,
	longestText: 256 * 1024,

	kinds: ["image", "audio", "video", "pdf", "text"],
	kind(row) { return this.kinds.find(kind => kind === row.dataset.kind); },

	open(row) {
		if (!this.dialog) this.build();
		this.row = row;
		const name = files.name(row), link = files.link(row).href, kind = this.kind(row);
		this.title.textContent = name;
		this.download.href = link;
		this.download.download = name;
		this.edit.hidden = kind !== "text";
		this.edit.href = "index.wssp/edit?" + new URLSearchParams({name});
		const neighbours = this.neighbours();
		this.previous.disabled = !neighbours.previous;
		this.next.disabled = !neighbours.next;
		this.content.replaceChildren(this.show[kind](link, name));
		if (!this.dialog.open) this.dialog.showModal();
	},

	// show makes what shows a file of a kind.
	show: {
		image: (src, alt) => page.make("img", {src, alt}),
		audio: (src, name) => page.make("audio", {src, controls: true, "aria-label": name}),
		video: (src, name) => page.make("video", {src, controls: true, "aria-label": name}),
		pdf: (src, title) => page.make("iframe", {src, title}),
		text(src) {
			const text = page.make("pre", {tabIndex: 0});
			preview.read(src).then(([read, whole]) => {
				text.textContent = read;
				if (!whole) text.after(page.make("p", {}, page.say("beginning")));
			}, () => { text.textContent = page.say("noAnswer"); });
			return text;
		},
	},

	async read(src) {
		const response = await fetch(src, {headers: {Range: "bytes=0-" + (this.longestText - 1)}});
		if (!response.ok && response.status !== 416) throw new Error(response.statusText); // 416: it is empty
		if (response.status === 416) return ["", true];
		const total = Number(response.headers.get("Content-Range")?.split("/")[1] ?? 0);
		return [await response.text(), total <= this.longestText];
	},

	neighbours() {
		const rows = files.shown().filter(row => this.kind(row));
		const at = rows.indexOf(this.row);
		return {previous: rows[at - 1], next: rows[at + 1]};
	},

	go(to) {
		const row = this.neighbours()[to];
		if (row) this.open(row);
	},

	build() {
		this.title = page.make("h2");
		this.content = page.make("div", {className: "content"});
		this.previous = page.button("", "‹", () => this.go("previous"));
		this.next = page.button("", "›", () => this.go("next"));
		this.previous.setAttribute("aria-label", page.say("previous"));
		this.next.setAttribute("aria-label", page.say("next"));
		this.download = page.make("a", {className: "button", "aria-label": page.say("download")}, page.icon("download"));
		this.edit = page.make("a", {className: "button", "aria-label": page.say("edit")}, page.icon("pen"));
		const close = page.button("close", "", () => this.dialog.close());
		close.setAttribute("aria-label", page.say("close"));
		close.autofocus = true;
		this.dialog = page.make("dialog", {className: "preview"},
			page.make("header", {}, this.title, this.edit, this.download, this.previous, this.next, close), this.content);
		this.title.id = "previewed";
		this.dialog.setAttribute("aria-labelledby", "previewed");
		this.dialog.addEventListener("close", () => {
			this.content.replaceChildren(); // a film stops
			files.link(this.row).focus();
		});
		this.dialog.addEventListener("click", event => event.target === this.dialog && this.dialog.close());
		this.dialog.addEventListener("keydown", event => {
			if (event.target.closest("audio, video, pre")) return;
			if (event.key === "ArrowLeft") this.go("previous");
			if (event.key === "ArrowRight") this.go("next");
		});
		document.body.append(this.dialog);
	},
};

document.addEventListener("click", event => {
	const link = event.target.closest?.(".list .name a");
	const row = link?.closest("tr");
	if (!row || event.ctrlKey || event.metaKey || event.shiftKey || !preview.kind(row)) return;
	event.preventDefault();
	preview.open(row);
});
