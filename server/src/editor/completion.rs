//! Completion in prompt documents: `@` for files, agents and symbols, `/` for commands.
//!
//! It keeps the text of prompt documents, nothing else: other documents are the editor's affair.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tower_lsp::lsp_types::{
    CompletionItem, CompletionItemKind, CompletionList, CompletionTextEdit, Position, Range,
    TextEdit, Url,
};

use crate::instance::Registry;
use crate::protocol::requests::{CatalogRead, FileFind, InstanceRequest, SymbolFind};
use crate::protocol::{AgentMode, Catalog, Command, InstanceId, Symbol};

/// The language that clients give their prompt documents.
pub const LANGUAGE: &str = "sidestream-prompt";
const FILES: usize = 20;
const SYMBOLS: usize = 10;

/// The text of the prompts that are being written.
#[derive(Default)]
pub struct Prompts(Mutex<HashMap<Url, String>>);

impl Prompts {
    pub fn open(&self, uri: Url, language: &str, text: String) {
        if language == LANGUAGE {
            self.lock().insert(uri, text);
        }
    }

    pub fn change(&self, uri: &Url, text: String) {
        if let Some(known) = self.lock().get_mut(uri) {
            *known = text;
        }
    }

    pub fn close(&self, uri: &Url) {
        self.lock().remove(uri);
    }

    fn trigger(&self, uri: &Url, position: Position) -> Option<Trigger> {
        Trigger::at(self.lock().get(uri)?, position)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Url, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What may stand at the cursor; nothing where nothing is to be completed.
    pub async fn complete(
        &self,
        registry: &Registry,
        uri: &Url,
        position: Position,
    ) -> Option<CompletionList> {
        let trigger = self.trigger(uri, position)?;
        let instance = instance_of(registry, uri)?;
        let items = match trigger.kind {
            Kind::Command => trigger.commands(&registry.catalog(&instance).await?.commands),
            Kind::Mention => trigger.mentions(registry, &instance).await,
        };
        Some(CompletionList {
            // What fits is found by OpenCode, with each letter anew.
            is_incomplete: trigger.kind == Kind::Mention,
            items,
        })
    }
}

impl Registry {
    async fn catalog(&self, instance: &InstanceId) -> Option<Catalog> {
        let instance_id = instance.clone();
        let request = InstanceRequest::CatalogRead(CatalogRead { instance_id });
        self.ask::<CatalogRead>(instance, request).await.ok()
    }
}

/// The one whose id is a segment of the document's address, or the only one that there is.
fn instance_of(registry: &Registry, uri: &Url) -> Option<InstanceId> {
    let instances = registry.list();
    let address = uri.as_str();
    let named = instances.iter().find(|instance| {
        let mut segments = address.split('/');
        segments.any(|segment| segment == instance.id.as_str())
    });
    match (named, instances.as_slice()) {
        (Some(named), _) => Some(named.id.clone()),
        (None, [only]) => Some(only.id.clone()),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Mention,
    Command,
}

/// The word before the cursor that asks for completion.
#[derive(Debug, PartialEq)]
struct Trigger {
    kind: Kind,
    /// With its sign.
    word: String,
    range: Range,
}

impl Trigger {
    /// Columns count UTF-16 units, as LSP does.
    fn at(text: &str, position: Position) -> Option<Self> {
        let line = text.split('\n').nth(usize::try_from(position.line).ok()?)?;
        let mut units = 0;
        let before: String = line
            .chars()
            .take_while(|c| {
                units += u32::try_from(c.len_utf16()).unwrap_or(1);
                units <= position.character
            })
            .collect();
        let start = before
            .char_indices()
            .rev()
            .find(|(_, c)| c.is_whitespace())
            .map_or(0, |(at, c)| at + c.len_utf8());
        let word = &before[start..];
        let kind = match word.chars().next()? {
            '@' => Kind::Mention,
            '/' if start == 0 && position.line == 0 => Kind::Command,
            _ => return None,
        };
        let column = before[..start].encode_utf16().count();
        Some(Self {
            kind,
            word: word.to_owned(),
            range: Range {
                start: Position::new(position.line, u32::try_from(column).ok()?),
                end: position,
            },
        })
    }

    fn query(&self) -> &str {
        &self.word[1..]
    }

    fn commands(&self, commands: &[Command]) -> Vec<CompletionItem> {
        let commands = commands.iter();
        let items = commands.map(|command| CompletionItem {
            detail: command.description.clone(),
            ..self.item(
                &command.name,
                &format!("/{} ", command.name),
                CompletionItemKind::FUNCTION,
            )
        });
        numbered(items.map(|item| CompletionItem {
            filter_text: Some(format!("/{}", item.label)),
            ..item
        }))
    }

    /// What OpenCode cannot find is left out; a prompt can be written without it.
    async fn mentions(&self, registry: &Registry, instance: &InstanceId) -> Vec<CompletionItem> {
        let (instance_id, query) = (instance.clone(), self.query().to_owned());
        let files = registry.ask::<FileFind>(
            instance,
            InstanceRequest::FileFind(FileFind {
                instance_id: instance_id.clone(),
                query: query.clone(),
                limit: Some(FILES),
            }),
        );
        let symbols = async {
            if query.is_empty() {
                return Vec::new();
            }
            let request = InstanceRequest::SymbolFind(SymbolFind {
                instance_id,
                query: query.clone(),
            });
            let found = registry.ask::<SymbolFind>(instance, request).await;
            found.map(|found| found.symbols).unwrap_or_default()
        };
        let (catalog, files, symbols) = tokio::join!(registry.catalog(instance), files, symbols);
        let agents = catalog.map(|catalog| catalog.agents).unwrap_or_default();
        let agents = agents
            .iter()
            .filter(|agent| agent.mode != AgentMode::Primary && agent.name.contains(&query))
            .map(|agent| CompletionItem {
                detail: agent.description.clone(),
                ..self.item(
                    &agent.name,
                    &format!("@{} ", agent.name),
                    CompletionItemKind::CLASS,
                )
            });
        let files = files.map(|found| found.files).unwrap_or_default();
        let files = files.iter().map(|path| {
            let (kind, end) = if path.ends_with('/') {
                (CompletionItemKind::FOLDER, "")
            } else {
                (CompletionItemKind::FILE, " ")
            };
            self.item(path, &format!("@{path}{end}"), kind)
        });
        let directory = registry
            .list()
            .into_iter()
            .find(|known| known.id == *instance)
            .map(|known| known.directory)
            .unwrap_or_default();
        let symbols = symbols.iter().take(SYMBOLS).map(|symbol: &Symbol| {
            let path = crate::opencode::tool::relative(&symbol.path, &directory);
            let (start, end) = (symbol.range.start, symbol.range.end);
            CompletionItem {
                detail: Some(path.to_owned()),
                ..self.item(
                    &symbol.name,
                    &format!("@{path}:{start}-{end} "),
                    CompletionItemKind::REFERENCE,
                )
            }
        });
        numbered(agents.chain(files).chain(symbols))
    }

    fn item(&self, label: &str, text: &str, kind: CompletionItemKind) -> CompletionItem {
        CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            // Everything here fits already, whatever the editor would think of it; what is typed on meanwhile may fit, too.
            filter_text: Some(if text.starts_with(&self.word) {
                text.trim_end().to_owned()
            } else {
                self.word.clone()
            }),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit {
                range: self.range,
                new_text: text.to_owned(),
            })),
            ..CompletionItem::default()
        }
    }
}

/// In this order, which editors would not keep otherwise.
fn numbered(items: impl Iterator<Item = CompletionItem>) -> Vec<CompletionItem> {
    items
        .enumerate()
        .map(|(index, item)| CompletionItem {
            sort_text: Some(format!("{index:03}")),
            ..item
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, line: u32, character: u32) -> Option<(Kind, String, u32)> {
        let found = Trigger::at(text, Position::new(line, character))?;
        Some((found.kind, found.word, found.range.start.character))
    }

    #[test]
    fn the_word_before_the_cursor_is_completed() {
        let mention = Some((Kind::Mention, "@src/a".into(), 5));
        assert_eq!(at("look @src/a now", 0, 11), mention);
        assert_eq!(at("look @src/a now", 0, 4), None);
    }

    #[test]
    fn columns_count_as_editors_count_them() {
        let mention = Some((Kind::Mention, "@é".into(), 4));
        assert_eq!(at("𝄞é @é", 0, 6), mention);
    }

    #[test]
    fn a_slash_is_a_command_at_the_very_beginning_only() {
        assert_eq!(at("/in", 0, 3), Some((Kind::Command, "/in".into(), 0)));
        assert_eq!(at("see /in", 0, 7), None);
        assert_eq!(at("a\n/in", 1, 3), None);
    }
}
