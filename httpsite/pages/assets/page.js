// What the scripts of all pages share. Each page works without them.
"use strict";

const page = {
	language: document.documentElement.lang,
	texts: JSON.parse(document.getElementById("texts").dataset.texts),

	// say returns a text, with values in the places of %s.
	say(key, ...values) { return this.texts[key].replace(/%s/g, () => values.shift()); },

	// make builds an element. Properties are set, attributes too if they have a dash; all that
	// follows becomes its content, text as text.
	make(name, properties = {}, ...content) {
		const element = document.createElement(name);
		for (const [key, value] of Object.entries(properties)) {
			if (key.includes("-")) element.setAttribute(key, value);
			else element[key] = value;
		}
		element.append(...content);
		return element;
	},

	icon(name) {
		const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
		const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
		svg.setAttribute("class", "icon " + name);
		svg.setAttribute("aria-hidden", "true");
		use.setAttribute("href", "#icon-" + name);
		svg.append(use);
		return svg;
	},

	button(icon, text, act, className = "") {
		const button = this.make("button", {type: "button", className}, text);
		if (icon) button.prepend(this.icon(icon));
		button.addEventListener("click", act);
		return button;
	},

	// ask shows a question, with what it is about and what the button says that agrees, and
	// returns whether it was pressed.
	ask(question, about, agree) {
		return new Promise(done => {
			const end = answer => { dialog.close(); dialog.remove(); done(answer); };
			const cancel = this.button("", this.say("cancel"), () => end(false));
			const dialog = this.make("dialog", {className: "card", "aria-labelledby": "question"},
				this.make("h2", {id: "question"}, question), about,
				this.make("p", {className: "buttons"}, this.button("", agree, () => end(true), "danger"), cancel));
			cancel.autofocus = true;
			dialog.addEventListener("cancel", () => end(false));
			document.body.append(dialog);
			dialog.showModal();
		});
	},

	// size shows bytes as the server does.
	size(bytes) {
		const units = this.texts.units.split(" ");
		let unit = 0;
		for (; bytes >= 1000 && unit < units.length - 1; unit++) bytes /= 1024;
		const digits = unit > 0 && bytes < 10 ? 1 : 0;
		return new Intl.NumberFormat(this.language, {minimumFractionDigits: digits, maximumFractionDigits: digits}).format(bytes) + "\u00A0" + units[unit];
	},

	// localTimes shows times in the zone of the browser.
	localTimes(root) {
		const own = navigator.languages.find(language => language.startsWith(this.language)) ?? this.language;
		const format = new Intl.DateTimeFormat(own, {dateStyle: "medium", timeStyle: "short"});
		for (const time of root.querySelectorAll("time.local")) {
			time.textContent = format.format(new Date(time.dateTime));
		}
	},
};

document.documentElement.classList.add("scripted");
page.localTimes(document);

// A menu closes when something else is done.
document.addEventListener("click", event => {
	for (const menu of document.querySelectorAll("details.menu[open]")) {
		if (!menu.contains(event.target)) menu.open = false;
	}
});
document.addEventListener("keydown", event => {
	const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
	if (!menu) return;
	menu.open = false;
	menu.querySelector("summary").focus();
	event.stopImmediatePropagation();
});
