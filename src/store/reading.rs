//! Reads that are joined before they are made, so that all of them see one moment.

use futures_util::future::BoxFuture;

use crate::store::Store;
use crate::store::error::Fails;
use crate::store::tx::ReadTx;

type Work<T, E> = Box<dyn FnOnce(&ReadTx<'_>) -> Result<T, E> + Send>;

/// A read that is made when it is awaited, on a blocking thread and inside one read transaction.
#[must_use = "nothing is read before it is awaited"]
pub struct Reading<T, E> {
    store: Store,
    work: Work<T, E>,
}

impl Store {
    /// A read to be made later, perhaps together with others.
    pub fn reading<T, E>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Reading<T, E> {
        Reading { store: self.clone(), work: Box::new(work) }
    }
}

impl<T, E> Reading<T, E>
where
    T: Send + 'static,
    E: Fails + Send + 'static,
{
    /// Both, of one moment. The first refusal is the answer to both.
    pub fn and<U: Send + 'static>(self, other: Reading<U, E>) -> Reading<(T, U), E> {
        let (one, two) = (self.work, other.work);
        Reading { store: self.store, work: Box::new(move |tx| Ok((one(tx)?, two(tx)?))) }
    }

    /// The same with refusals of another kind.
    pub fn refused_as<F: From<E> + 'static>(self) -> Reading<T, F> {
        let work = self.work;
        Reading { store: self.store, work: Box::new(move |tx| Ok(work(tx)?)) }
    }
}

impl<T, E> IntoFuture for Reading<T, E>
where
    T: Send + 'static,
    E: Fails + Send + 'static,
{
    type Output = Result<T, E>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.store.read(self.work).await })
    }
}
