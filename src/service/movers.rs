//! Moving in from another server is one change: all of it or nothing.

use crate::auth::access::Operator;
use crate::auth::error::AuthError;
use crate::service::error::Error;
use crate::service::moved_in::MovedIn;
use crate::service::moving_in::MovingIn;
use crate::service::retention::Pruner;
use crate::store::Store;
use crate::store::error::{Fails, StoreError};
use crate::store::tx::WriteTx;

/// Moves in.
#[derive(Clone)]
pub struct Movers {
    store: Store,
}

/// How a change ends that may only have been tried.
enum Ending<E> {
    Tried(Box<MovedIn>),
    Failed(E),
}

impl<E: From<StoreError>> From<StoreError> for Ending<E> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl<E: From<AuthError>> From<AuthError> for Ending<E> {
    fn from(error: AuthError) -> Self {
        Self::Failed(error.into())
    }
}

impl<E: Fails + From<AuthError>> Fails for Ending<E> {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Tried(_) => None,
            Self::Failed(error) => error.store_error(),
        }
    }
}

impl Movers {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Has `work` take everything in, and undoes it if it is only tried. All others wait meanwhile, so it is for a file that
    /// nobody serves.
    pub async fn run<E>(
        &self,
        operator: &Operator,
        only_tried: bool,
        work: impl FnOnce(&mut MovingIn<'_>) -> Result<(), E> + Send + 'static,
    ) -> Result<MovedIn, E>
    where
        E: Fails + From<AuthError> + From<Error> + Send + 'static,
    {
        // What was deleted while no server ran would still be in the way.
        Pruner::new(self.store.clone()).remove_leftovers().await?;
        let change = move |tx: &WriteTx<'_>, _operator: &Operator| {
            let mut moving = MovingIn::begin(tx)?;
            work(&mut moving).map_err(Ending::Failed)?;
            let moved = moving.finish()?;
            if only_tried { Err(Ending::Tried(Box::new(moved))) } else { Ok(moved) }
        };
        match self.store.write(operator.clone(), change).await {
            Ok(moved) => Ok(moved),
            Err(Ending::Tried(moved)) => Ok(*moved),
            Err(Ending::Failed(error)) => Err(error),
        }
    }
}
