//! What happens around an operation that somebody watches: never on the usual path.

use super::anomaly;
use super::frontier::ById;
use super::mode::{ANOMALY, LISTING, TRACING, WITHIN, modes};
use super::node::{NodeRef, id};
use crate::Tensor;
use crate::tensor::Arg;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::panic::Location;

thread_local! {
    static LINE: Cell<Option<&'static Location<'static>>> = const { Cell::new(None) };
    static LISTS: RefCell<Vec<Listed>> = const { RefCell::new(Vec::new()) };
}

/// Nodes in the order of recording, held so that no other node gets the address of one.
#[derive(Default)]
pub(super) struct Listed {
    nodes: Vec<NodeRef>,
    ids: HashSet<usize, ById>,
}

impl Listed {
    pub(super) fn contains(&self, node: &NodeRef) -> bool {
        self.ids.contains(&id(node))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &NodeRef> {
        self.nodes.iter()
    }
}

/// The line of the node whose backward runs, which is what a user can find the operation by.
#[cold]
pub(super) fn line(caller: &'static Location<'static>) -> &'static Location<'static> {
    match modes() & WITHIN {
        0 => caller,
        _ => LINE.get().unwrap_or(caller),
    }
}

/// Puts `line` in the place of those that operations are called at, until the guard is dropped.
pub(super) struct Line(Option<&'static Location<'static>>);

impl Line {
    pub(super) fn set(line: &'static Location<'static>) -> Self {
        Line(LINE.replace(Some(line)))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        LINE.set(self.0);
    }
}

/// Looks at an operation's result.
#[cold]
#[track_caller]
pub(super) fn result(name: &'static str, out: &Tensor, inputs: &[Arg<'_>], modes: u8) {
    if modes & TRACING != 0 {
        super::plan::trace::name_stray(name);
    }
    if modes & LISTING != 0
        && let Some(node) = out.node()
    {
        list(&node);
    }
    // Within a backward it is the walk that looks at what the whole of it gave.
    if modes & ANOMALY != 0 && modes & WITHIN == 0 {
        anomaly::check_result(name, out, inputs, modes);
    }
}

/// Looks at the results of an operation that does not record itself.
#[cold]
#[track_caller]
pub(super) fn results(name: &'static str, outputs: &[Tensor], inputs: &[Tensor]) {
    let modes = modes();
    if modes & ANOMALY != 0 && modes & WITHIN == 0 {
        let inputs: Vec<Arg<'_>> = inputs.iter().map(Arg::Tensor).collect();
        for output in outputs {
            anomaly::check_result(name, output, &inputs, modes);
        }
    }
}

/// Adds a node to the list that is being made, if one is.
pub(super) fn list(node: &NodeRef) {
    LISTS.with_borrow_mut(|lists| {
        if let Some(list) = lists.last_mut()
            && list.ids.insert(id(node))
        {
            list.nodes.push(node.clone());
        }
    });
}

/// Runs `body` and lists the nodes that this thread records in it.
pub(super) fn listing<R>(body: impl FnOnce() -> R) -> (R, Listed) {
    struct Pop;
    impl Drop for Pop {
        fn drop(&mut self) {
            LISTS.with_borrow_mut(Vec::pop);
        }
    }
    LISTS.with_borrow_mut(|lists| lists.push(Listed::default()));
    let pop = Pop;
    let _modes = super::mode::Modes::set(LISTING, LISTING);
    let result = body();
    let list = LISTS.with_borrow_mut(|lists| lists.last_mut().map(std::mem::take));
    drop(pop);
    (result, list.unwrap_or_default())
}
