//! Where a tensor stands on the tape.

use crate::tape::node::NodeRef;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// A tensor's node, which is read at every use and hardly ever replaced.
#[derive(Default)]
pub(super) struct Place {
    /// [`OUTSIDE`], [`MADE`], [`LEAF`] or [`LATER`]: where the node stands.
    current: AtomicU8,
    /// The node of the operation that made the tensor. It lives as long as the tensor.
    made: Option<NodeRef>,
    given: OnceLock<Box<Given>>,
}

/// What a tensor was given after it was made.
#[derive(Default)]
struct Given {
    /// The node by which it first became a leaf, read without a lock. It lives as long as the tensor.
    leaf: OnceLock<NodeRef>,
    later: Mutex<Option<NodeRef>>,
}

const OUTSIDE: u8 = 0;
const MADE: u8 = 1;
const LEAF: u8 = 2;
const LATER: u8 = 3;

impl Place {
    /// That of a tensor which an operation made.
    #[inline(always)]
    pub(super) fn made(node: NodeRef) -> Self {
        Place {
            current: AtomicU8::new(MADE),
            made: Some(node),
            given: OnceLock::new(),
        }
    }

    #[inline]
    pub(super) fn is_outside(&self) -> bool {
        self.current.load(Ordering::Relaxed) == OUTSIDE
    }

    pub(super) fn into_node(mut self) -> Option<NodeRef> {
        match *self.current.get_mut() {
            MADE => self.made.take(),
            _ => self.get(),
        }
    }

    pub(super) fn set(&self, node: Option<NodeRef>) {
        let (node, current) = match node {
            None => (None, OUTSIDE),
            Some(node) if node.is_leaf() => match self.given().leaf.set(node) {
                Ok(()) => (None, LEAF),
                Err(node) => (Some(node), LATER),
            },
            node => (node, LATER),
        };
        let mut later = self.later();
        let old = std::mem::replace(&mut *later, node);
        let before = self.current.swap(current, Ordering::AcqRel);
        drop(later);
        // A graph may go here, which is no work to do under the lock.
        drop(old);
        if before == LEAF
            && current != LEAF
            && let Some(slot) = self.given().leaf.get().and_then(|node| node.leaf())
        {
            drop(slot.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    fn given(&self) -> &Given {
        self.given.get_or_init(Box::default)
    }

    fn later(&self) -> MutexGuard<'_, Option<NodeRef>> {
        let later = self.given().later.lock();
        later.unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    pub(super) fn get(&self) -> Option<NodeRef> {
        self.with(|node| node.cloned())
    }

    /// Looks at the node without another handle of it.
    #[inline]
    pub(super) fn with<R>(&self, look: impl FnOnce(Option<&NodeRef>) -> R) -> R {
        match self.current.load(Ordering::Acquire) {
            OUTSIDE => look(None),
            MADE => look(self.made.as_ref()),
            LEAF => look(self.given.get().and_then(|given| given.leaf.get())),
            // What looks may ask for the lock.
            _ => {
                let node = self.later().clone();
                look(node.as_ref())
            }
        }
    }
}
