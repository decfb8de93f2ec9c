// A tool that waits for the user: what it wants, what "always" would mean, and the three answers.

import type { Permission, PermissionReply } from "../../src/protocol";
import { ask, relay, run } from "../bridge";
import { h, icon } from "../dom";
import { diffView } from "../transcript/diffView";
import { plainText } from "../transcript/plainText";
import { t } from "../texts";

export function permissionCard(permission: Permission): HTMLElement {
  const { id, title, patterns, always, alwaysTitle, diff, path } = permission;
  const note = h("input", { type: "text", "aria-label": t("Note for a rejection"), placeholder: t("What to do instead (with “Reject”)") });
  const card = h("section", { class: "card permission", role: "group", "aria-label": t("Permission: {0}", title) });
  const answer = (reply: PermissionReply) => {
    const message = reply === "reject" && note.value.trim() ? { message: note.value.trim() } : {};
    card.classList.add("answered");
    run(relay("sidestream/permission/reply", { permissionId: id, reply, ...message }).catch((error: unknown) => {
      card.classList.remove("answered");
      throw error;
    }));
  };
  note.addEventListener("keydown", (event) => {
    if (event.key === "Enter") answer("reject");
  });
  const scope = alwaysTitle ?? always.join(", ");
  const covers = scope ? t("“Always allow” covers: {0}", scope) : undefined;
  const details = patterns.filter((pattern) => !title.includes(pattern));
  card.append(
    h("header", {}, icon("shield"), h("span", { class: "title" }, plainText(title))),
    ...(path?.length ? [h("div", { class: "note" }, t("asked by a sub-agent of “{0}”", path.at(-1)?.title ?? ""))] : []),
    ...(details.length > 0 && !diff?.length ? [h("pre", { class: "command" }, plainText(details.join("\n")))] : []),
    ...(diff ?? []).map((each) => diffView(each, () => run(ask("showDiff", { permissionId: id })))),
    ...(covers === undefined ? [] : [h("div", { class: "note" }, covers)]),
    note,
    h("div", { class: "buttons" },
      h("button", { type: "button", class: "primary", onclick: () => answer("once") }, t("Allow once")),
      covers !== undefined && h("button", { type: "button", class: "secondary", onclick: () => answer("always"), title: covers }, t("Always allow")),
      h("button", { type: "button", class: "secondary", onclick: () => answer("reject") }, t("Reject")),
      (diff?.length ?? 0) > 0 && h("button", { type: "button", class: "secondary", onclick: () => run(ask("showDiff", { permissionId: id })) }, t("Show diff")),
    ),
  );
  return card;
}
