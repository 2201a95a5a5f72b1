//! A bounded queue between the hub and one subscription. It takes no memory for signals while none waits, which is nearly
//! always: a channel of tokio's keeps a block of 32 for each of them.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// The hub's end.
pub(super) struct Sender<T>(Arc<Shared<T>>);

/// The subscription's end.
pub(super) struct Receiver<T>(Arc<Shared<T>>);

struct Shared<T> {
    most: usize,
    /// A std mutex, because no await is ever held under it.
    state: Mutex<State<T>>,
}

struct State<T> {
    waiting: VecDeque<T>,
    /// Whether more may come.
    open: bool,
    /// Who waits at the receiver's end.
    waker: Option<Waker>,
}

/// A queue in which at most so many wait.
pub(super) fn bounded<T>(most: usize) -> (Sender<T>, Receiver<T>) {
    let state = Mutex::new(State { waiting: VecDeque::new(), open: true, waker: None });
    let shared = Arc::new(Shared { most, state });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

impl<T> Sender<T> {
    /// Puts one more into the queue; false when it is full or nobody receives any more.
    pub(super) fn send(&self, item: T) -> bool {
        let mut state = self.0.state();
        let room = state.open && state.waiting.len() < self.0.most;
        if room {
            state.waiting.push_back(item);
        }
        let waker = state.waker.take();
        drop(state);
        wake(waker);
        room
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.open = false;
        let waker = state.waker.take();
        drop(state);
        wake(waker);
    }
}

impl<T> Receiver<T> {
    /// Takes the next; `None` when there is none and none will come.
    pub(super) async fn next(&mut self) -> Option<T> {
        self.wait(|state| match state.waiting.pop_front() {
            Some(item) => Poll::Ready(Some(item)),
            None if state.open => Poll::Pending,
            None => Poll::Ready(None),
        })
        .await
    }

    /// Completes when no more will come, whatever still waits.
    pub(super) async fn ended(&mut self) {
        self.wait(|state| if state.open { Poll::Pending } else { Poll::Ready(()) }).await;
    }

    /// Takes the last, past all others.
    pub(super) fn last(&mut self) -> Option<T> {
        self.0.state().waiting.drain(..).next_back()
    }

    async fn wait<R>(&mut self, mut look: impl FnMut(&mut State<T>) -> Poll<R>) -> R {
        poll_fn(|context| {
            let mut state = self.0.state();
            let seen = look(&mut state);
            let known = || state.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker()));
            if seen.is_pending() && !known() {
                state.waker = Some(context.waker().clone());
            }
            seen
        })
        .await
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.state().open = false;
    }
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Outside of the lock, which whoever is woken takes next.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn what_was_sent_comes_in_order_up_to_the_end() {
        let (sender, mut receiver) = bounded(2);
        assert!(receiver.next().now_or_never().is_none());
        assert!(sender.send(1) && sender.send(2));
        assert!(!sender.send(3), "it is full");
        drop(sender);
        assert_eq!(receiver.next().now_or_never(), Some(Some(1)));
        assert_eq!(receiver.next().now_or_never(), Some(Some(2)));
        assert_eq!(receiver.next().now_or_never(), Some(None));
    }

    #[test]
    fn the_end_is_noticed_with_signals_left_and_the_last_of_them_found() {
        let (sender, mut receiver) = bounded(3);
        assert!(sender.send(1) && sender.send(2));
        assert!(receiver.ended().now_or_never().is_none());
        drop(sender);
        assert!(receiver.ended().now_or_never().is_some());
        assert_eq!((receiver.last(), receiver.last()), (Some(2), None));
    }

    #[test]
    fn nothing_is_sent_to_nobody() {
        let (sender, receiver) = bounded(1);
        drop(receiver);
        assert!(!sender.send(1));
    }

    #[tokio::test]
    async fn whoever_waits_is_woken() {
        let (sender, mut receiver) = bounded(1);
        let waiting = tokio::spawn(async move { (receiver.next().await, receiver.ended().await) });
        tokio::task::yield_now().await;
        assert!(sender.send(1));
        tokio::task::yield_now().await;
        drop(sender);
        assert_eq!(waiting.await.expect("it ends").0, Some(1));
    }
}
