//! The bus: everything that happens, for whoever wants to watch. Whatever streams to a face is a view of it.

use std::sync::Arc;

use luna_model::Event;
use tokio::sync::broadcast;

/// Events a watcher may lag behind before the oldest are dropped for it (and it is told how many).
const BACKLOG: usize = 2048;

/// The bus; cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus {
    sender: broadcast::Sender<Arc<Event>>,
}

impl Bus {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::Sender::new(BACKLOG) }
    }

    /// Tells all watchers; nobody waits for anybody.
    pub fn publish(&self, event: Event) {
        if self.sender.receiver_count() > 0 {
            // Fails only when the last watcher left in this moment.
            let _ = self.sender.send(Arc::new(event));
        }
    }

    /// Everything from now on. A watcher that lags by more than the backlog gets `Lagged` and goes on with what is left.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<Arc<Event>> {
        self.sender.subscribe()
    }
}

/// Waits for an event of a kind; for ever when the bus is gone.
pub(crate) async fn until(watch: &mut broadcast::Receiver<Arc<Event>>, is_it: fn(&Event) -> bool) {
    use broadcast::error::RecvError;
    loop {
        match watch.recv().await {
            Ok(event) if is_it(&event) => return,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
