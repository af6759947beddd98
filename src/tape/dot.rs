//! A picture of the graph.

use super::anomaly;
use super::frontier::ById;
use super::node::{NodeRef, id};
use super::status::no_graph;
use super::sweep::probe;
use crate::error::{OrPanic, Result};
use crate::{DType, Tensor};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

impl Tensor {
    /// The graph that computed this tensor, in the language of Graphviz: `dot -Tsvg graph.dot -o graph.svg`.
    ///
    /// Each operation stands with its shape and type, the line that called it, and the bytes that its backward reads of
    /// what it saved; leaves are boxes, darker where they hold a gradient; edges lead from inputs to outputs. The caption
    /// counts each saved storage once. To see what a backward reads, each one is run aside: it costs as much as a
    /// backward pass, and changes nothing.
    ///
    /// # Panics
    /// If the tensor has no graph; [`try_to_dot`](Tensor::try_to_dot) returns the error.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let w = tensor![[1.0, 2.0]].requires_grad_();
    /// let dot = (w.exp() * 3.0).sum().to_dot();
    /// assert!(dot.starts_with("digraph"));
    /// assert!(dot.contains(r"Exp\n[1, 2] f32") && dot.contains(r"saved 8 B"), "{dot}");
    /// ```
    #[track_caller]
    pub fn to_dot(&self) -> String {
        self.try_to_dot().or_panic()
    }

    /// As [`to_dot`](Tensor::to_dot), with the error returned.
    ///
    /// # Errors
    /// If the tensor has no graph.
    pub fn try_to_dot(&self) -> Result<String> {
        let root = self.node().ok_or_else(|| no_graph("to_dot", self))?;
        Ok(draw(&root))
    }
}

fn draw(root: &NodeRef) -> String {
    let nodes = reached(root);
    let names: HashMap<usize, usize, ById> = nodes.iter().map(id).zip(0..).collect();
    let mut storages: HashMap<usize, usize> = HashMap::new();
    let mut body = String::new();
    for (name, node) in nodes.iter().enumerate() {
        line(
            &mut body,
            format_args!("  n{name} [{}];", label(node, &mut storages)),
        );
        // Held while the lock is not: an edge may lead to the same node's lock only through another node.
        let edges = node.state().edges.clone();
        for (place, edge) in edges.iter().enumerate() {
            let Some(edge) = edge else { continue };
            let from = names[&id(edge)];
            let which = match edges.len() {
                1 => String::new(),
                _ => format!(" [label=\"{place}\"]"),
            };
            line(&mut body, format_args!("  n{from} -> n{name}{which};"));
        }
    }
    let total: usize = storages.values().sum();
    let caption = format!(
        "{} nodes, {} saved in {} storages",
        nodes.len(),
        size(total),
        storages.len()
    );
    format!(
        "digraph {{\n  graph [label=\"{caption}\", labelloc=t, fontname=\"Helvetica\"];\n  node [shape=ellipse, \
         fontname=\"Helvetica\", fontsize=11, style=filled, fillcolor=white];\n  edge [fontname=\"Helvetica\", \
         fontsize=9];\n{body}}}\n"
    )
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes every text");
}

/// All nodes behind `root`, each once, outputs before their inputs.
fn reached(root: &NodeRef) -> Vec<NodeRef> {
    let mut seen: HashSet<usize, ById> = HashSet::default();
    let mut found = vec![root.clone()];
    seen.insert(id(root));
    let mut next = 0;
    while next < found.len() {
        let edges = found[next].state().edges.clone();
        found.extend(
            edges
                .iter()
                .flatten()
                .filter(|edge| seen.insert(id(edge)))
                .cloned(),
        );
        next += 1;
    }
    found
}

fn label(node: &NodeRef, storages: &mut HashMap<usize, usize>) -> String {
    let header = node.header();
    let place = format!("{:?} {}", &header.shape[..], header.dtype);
    let at = header.location.to_string().replace('\\', "/");
    if let Some(grad) = node.leaf() {
        let has = grad
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .is_some();
        let (color, grad) = if has {
            ("gray80", "\\nhas a gradient")
        } else {
            ("gray95", "")
        };
        return format!(
            "shape=box, fillcolor={color}, label=\"leaf\\n{place}{grad}\", tooltip=\"{at}\""
        );
    }
    let name = node.name();
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let plain = plain.strip_suffix("Backward").unwrap_or(plain);
    let (color, saved) = match saved(node) {
        None if node.state().freed_at.is_some() => ("mistyrose", "\\nfreed".to_owned()),
        None => ("mistyrose", "\\nno derivative".to_owned()),
        Some(saved) => {
            let mut own: HashMap<usize, usize> = HashMap::new();
            for tensor in &saved {
                own.insert(Arc::as_ptr(tensor.storage()) as usize, bytes(tensor));
            }
            let sum: usize = own.values().sum();
            storages.extend(own);
            (
                "lightblue",
                if sum > 0 {
                    format!("\\nsaved {}", size(sum))
                } else {
                    String::new()
                },
            )
        }
    };
    let color = if saved.is_empty() { "white" } else { color };
    let file = at.rsplit('/').next().unwrap_or(&at);
    let file = file.rsplit_once(':').map_or(file, |(line, _)| line);
    format!(
        "fillcolor={color}, label=\"{plain}\\n{place}\\n{file}{saved}\", tooltip=\"{name} at {at}\""
    )
}

/// The saved values that a node's backward reads; none where it cannot run.
fn saved(node: &NodeRef) -> Option<Vec<Tensor>> {
    if let Some(said) = node.saved_now() {
        return Some(said);
    }
    drop(anomaly::seen());
    let ran = probe(node);
    let seen = anomaly::seen();
    ran.ok().map(|()| seen)
}

/// The size of the whole storage that a tensor keeps alive.
fn bytes(tensor: &Tensor) -> usize {
    let each = match tensor.dtype() {
        DType::F32 => 4,
        DType::F64 | DType::I64 => 8,
        DType::Bool => 1,
    };
    each * tensor.0.hold.len()
}

fn size(bytes: usize) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} B"),
        10_000..=9_999_999 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{} MiB", bytes.div_ceil(1 << 20)),
    }
}
