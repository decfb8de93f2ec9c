//! The catalog of an instance: fetched when it is connected, fetched anew when OpenCode says that
//! something of it changed, told when it differs.

use super::actor::{Actor, Phase};
use crate::protocol::{Catalog, Error, ModelRef, Notification};
use crate::replica::Limits;

/// How many models count as used lately.
const RECENT: usize = 10;

#[derive(Default)]
pub(super) struct CatalogCache {
    pub known: Option<Catalog>,
    /// The models that counted as used lately when it was fetched.
    recent: Vec<ModelRef>,
    fetch: Fetch,
    waiting: Vec<Waiting>,
}

#[derive(Default, PartialEq)]
enum Fetch {
    #[default]
    Idle,
    UnderWay,
    /// Something changed since it was begun.
    UnderWayAndStale,
}

type Waiting = Box<dyn FnOnce(&mut Actor, Result<Catalog, Error>) + Send>;

impl Actor {
    /// A session may have taken to a model that was not used lately.
    pub(super) fn notice_models(&mut self) {
        let recent = self.replica.recent_models(RECENT);
        let is_new = |model: &ModelRef| !self.catalog.recent.contains(model);
        if recent.iter().any(is_new) {
            self.refresh_catalog();
        }
    }

    /// Changes come in bursts; one fetch answers all that came before it.
    pub(super) fn refresh_catalog(&mut self) {
        let Some(dialect) = self.dialect.clone().filter(|_| self.phase == Phase::Live) else {
            return;
        };
        if self.catalog.fetch != Fetch::Idle {
            self.catalog.fetch = Fetch::UnderWayAndStale;
            return;
        }
        self.catalog.fetch = Fetch::UnderWay;
        let recent = self.replica.recent_models(RECENT);
        self.catalog.recent.clone_from(&recent);
        self.spawn_work(
            async move {
                let mut catalog = dialect.catalog(&recent).await?;
                let unsupported = dialect.unsupported().iter();
                catalog.unsupported = unsupported.map(|&method| method.into()).collect();
                Ok(catalog)
            },
            |actor, fetched| {
                let stale = actor.catalog.fetch == Fetch::UnderWayAndStale;
                actor.catalog.fetch = Fetch::Idle;
                actor.take_catalog(fetched);
                if stale {
                    actor.refresh_catalog();
                }
            },
        );
    }

    /// Does something with the catalog, as soon as there is one.
    pub(super) fn with_catalog(
        &mut self,
        then: impl FnOnce(&mut Self, Result<Catalog, Error>) + Send + 'static,
    ) {
        match self.catalog.known.clone() {
            Some(catalog) => then(self, Ok(catalog)),
            None => {
                self.catalog.waiting.push(Box::new(then));
                if self.catalog.fetch == Fetch::Idle {
                    self.refresh_catalog();
                }
            }
        }
    }

    fn take_catalog(&mut self, fetched: Result<Catalog, Error>) {
        match &fetched {
            Ok(catalog) if self.catalog.known.as_ref() != Some(catalog) => {
                let models = catalog.models.iter();
                self.replica.set_limits(
                    models
                        .filter_map(|model| {
                            let limit = model.limit.as_ref()?.context;
                            Some((model.provider_id.as_str(), model.model_id.as_str(), limit))
                        })
                        .collect::<Limits>(),
                );
                self.catalog.known = Some(catalog.clone());
                self.notify(Notification::CatalogDidChange {
                    instance_id: self.id.clone(),
                    catalog: Box::new(catalog.clone()),
                });
            }
            Ok(_) => {}
            // What was known stays; the next change asks again.
            Err(error) => tracing::debug!("the catalog could not be fetched: {error}"),
        }
        for then in std::mem::take(&mut self.catalog.waiting) {
            then(self, fetched.clone());
        }
    }
}
