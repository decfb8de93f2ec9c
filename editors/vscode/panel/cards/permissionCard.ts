// A tool that waits for the user: what it wants, what "always" would mean, and the three answers.

import type { Permission, PermissionReply } from "../../src/protocol";
import { ask, relay, run } from "../bridge";
import { h, icon } from "../dom";
import { diffView } from "../transcript/diffView";
import { t } from "../texts";
import { WaitingCard } from "./waitingCard";

export function permissionCard(permission: Permission): WaitingCard {
  const { id, title, patterns, always, alwaysTitle, path } = permission;
  const diffs = permission.diff ?? [];
  const element = h("section", { class: "card permission", role: "group", "aria-label": t("Permission: {0}", title) });
  const card = new WaitingCard(id, element);
  const note = h("input", {
    type: "text", value: card.filledIn[0]?.own, "aria-label": t("Note for a rejection"),
    placeholder: t("What to do instead (with “Reject”)"),
  });
  const answer = (reply: PermissionReply) => {
    const message = reply === "reject" && note.value.trim() ? { message: note.value.trim() } : {};
    card.answer(() => relay("sidestream/permission/reply", { permissionId: id, reply, ...message }));
  };
  note.addEventListener("input", () => card.keep([{ chosen: [], own: note.value }]));
  note.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) answer("reject");
  });
  const scope = alwaysTitle ?? always.join(", ");
  const covers = scope ? t("“Always allow” covers: {0}", scope) : undefined;
  const details = patterns.filter((pattern) => !title.includes(pattern));
  const button = (label: string, onclick: () => void, props = {}) =>
    h("button", { type: "button", class: "secondary", onclick, ...props }, label);
  const showDiff = () => run(ask("showDiff", { permissionId: id }));
  const content = [
    h("header", {}, icon("shield"), h("span", { class: "title" }, title)),
    path?.length && h("div", { class: "note" }, t("asked by a sub-agent of “{0}”", path.at(-1)?.title ?? "")),
    details.length > 0 && diffs.length === 0 && h("pre", { class: "command" }, details.join("\n")),
    ...diffs.map((each) => diffView(each, showDiff)),
    covers !== undefined && h("div", { class: "note" }, covers),
    note,
    h("div", { class: "buttons" },
      button(t("Allow once"), () => answer("once"), { class: "primary" }),
      covers !== undefined && button(t("Always allow"), () => answer("always"), { title: covers }),
      button(t("Reject"), () => answer("reject")),
      diffs.length > 0 && button(t("Show diff"), showDiff),
    ),
  ];
  element.append(...content.filter((each) => each instanceof HTMLElement));
  return card;
}
